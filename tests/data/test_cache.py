import os
import pickle
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tuner.data import cache
from tuner.data.prepare import prepare
from tuner.data.prepared import Prepared
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings

FORMS = {"standard": Preprocessing(), "none": Preprocessing(scaler="none")}


@pytest.fixture
def table(write_csv):
    random = np.random.default_rng(1)
    lines = [f"{random.normal()},{random.choice(['red', 'blue'])},{random.normal()},{row % 3}" for row in range(60)]
    return write_csv("a,c,y,w\n" + "\n".join(lines) + "\n")


def settings(**stated):
    return DataSettings(path="train.csv", target="y", weights="w", folds=3, **stated)


def prepared(tmp_path: Path, *, seed=1, forms=FORMS, **stated):
    return prepare(settings(**stated), seed=seed, root=tmp_path, forms=forms, cache=tmp_path / "cache")


def folders(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").iterdir())


def assert_equal(one, other):
    assert (one.fingerprint, list(one.notes), list(one.forms)) == (
        other.fingerprint,
        list(other.notes),
        list(other.forms),
    )
    for key, repeats in one.forms.items():
        for mine, its in zip(repeats, other.forms[key], strict=True):
            for each, same in zip(mine, its, strict=True):
                for field in fields(Prepared):
                    np.testing.assert_array_equal(getattr(each, field.name), getattr(same, field.name))


def test_the_second_time_nothing_is_read_and_everything_is_the_same(table, tmp_path, monkeypatch):
    fresh = prepare(settings(), seed=1, root=tmp_path, forms=FORMS)
    first = prepared(tmp_path)
    monkeypatch.setattr("tuner.data.load.load_table", lambda *_, **__: pytest.fail("the table was read again"))
    second = prepared(tmp_path)
    assert_equal(fresh, first)
    assert_equal(fresh, second)


def test_what_is_sent_to_another_process_is_a_place_and_no_copy(table, tmp_path):
    one = prepared(tmp_path).first
    sent = pickle.dumps(one)
    assert len(sent) < 500
    again = pickle.loads(sent)
    assert isinstance(again.x_train, np.memmap)
    np.testing.assert_array_equal(again.x_train, one.x_train)


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"forms": {"main": Preprocessing(rare=1)}}, {"test": 0.3}, {"missing": ("red",)}],
    ids=str,
)
def test_what_follows_from_something_else_is_another_folder(table, tmp_path, other):
    prepared(tmp_path)
    prepared(tmp_path, **other)
    assert len(folders(tmp_path)) == 2


def test_a_changed_file_is_another_folder_and_its_name_and_time_do_not_matter(table, tmp_path):
    one = prepared(tmp_path)
    table.touch()
    prepared(tmp_path)
    assert len(folders(tmp_path)) == 1
    table.write_text(table.read_text() + "0.5,red,0.5,1\n")
    assert prepared(tmp_path).fingerprint != one.fingerprint
    assert len(folders(tmp_path)) == 2


def test_a_damaged_folder_is_made_anew(table, tmp_path):
    one = prepare(settings(), seed=1, root=tmp_path, forms=FORMS)
    prepared(tmp_path)
    (place,) = (tmp_path / "cache").iterdir()
    (place / "0-0-0" / "x_train.npy").write_bytes(b"junk")
    assert_equal(one, prepared(tmp_path))
    assert_equal(one, cache._found(place))


def test_a_folder_that_cannot_be_written_to_is_no_mistake(table, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert_equal(prepare(settings(), seed=1, root=tmp_path, forms=FORMS), prepared(tmp_path))


FOUND_AGAIN = """
import sys
from pathlib import Path
from tuner.data.prepare import prepare
from tuner.study.data_settings import DataSettings

prepare(DataSettings(builtin="wine"), seed=1, root=Path(), cache=Path("cache"))
print([name for name in ("pandas", "sklearn") if name in sys.modules])
"""


def test_what_is_found_again_takes_neither_pandas_nor_scikit_learn(tmp_path):
    command = [sys.executable, "-c", FOUND_AGAIN]
    said = [subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [each.stdout.strip() for each in said] == ["['pandas', 'sklearn']", "[]"]


def test_what_has_not_been_used_for_long_goes_when_another_one_comes(table, tmp_path):
    prepared(tmp_path)
    (old,) = (tmp_path / "cache").iterdir()
    prepared(tmp_path, seed=2)
    assert len(folders(tmp_path)) == 2
    os.utime(old, (0, 0))
    prepared(tmp_path, seed=3)
    assert old.name not in folders(tmp_path)
    assert len(folders(tmp_path)) == 2
