from __future__ import annotations

import pytest

from tuner.actions.objective import keras_objective
from tuner.errors import StudyFileError

CSV = "a,b,label\n" + "".join(f"{i},{i % 3},{'yes' if i % 2 else 'no'}\n" for i in range(40))


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    (tmp_path / "table.csv").write_text(CSV)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project, **search):
    stated = "".join(f'{name} = "{value}"\n' for name, value in search.items())
    text = '[data]\npath = "table.csv"\ntarget = "label"\n\n[hyperparameters.layers]\nwidth = { low = 4, high = 8 }\n'
    (project / "studies" / "own.toml").write_text(f"{text}\n[search]\n{stated}")


def test_an_objective_comes_with_its_data(project):
    write(project)
    objective = keras_objective("own")
    assert objective.data.task == "binary"
    assert objective.direction == "minimize"


def test_the_direction_follows_from_the_metric(project):
    write(project, metric="val_accuracy")
    assert keras_objective("own").direction == "maximize"


def test_a_metric_for_another_task_is_refused_once_the_data_tell(project):
    write(project, metric="val_rmse")
    with pytest.raises(StudyFileError, match=r"search\.metric"):
        keras_objective("own")
