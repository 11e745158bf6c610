from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.actions.test_workers import STUDY
from tuner.errors import StudyError, StudyFileError
from tuner.study.load import load_study
from tuner.study.sweeps.load import load_sweep
from tuner.study.toml import document


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("studies", "sweeps"):
        (tmp_path / folder).mkdir()
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    table = STUDY.replace('"small"', '"table"').replace('builtin = "wine"', 'path = "a.csv"\ntarget = "y"')
    (tmp_path / "studies" / "table.toml").write_text(table)
    (tmp_path / "studies" / "broken.toml").write_text("seed = -1\n")
    return tmp_path


@pytest.fixture
def sweep(project):
    def sweep(text: str):
        (project / "sweeps" / "nightly.toml").write_text(text)
        return load_sweep("nightly", project)

    return sweep


@pytest.fixture
def mistakes(sweep):
    def mistakes(text: str) -> list[str]:
        with pytest.raises(StudyFileError) as error:
            sweep(text)
        return [str(mistake) for mistake in error.value.mistakes]

    return mistakes


def test_a_study_is_searched_as_its_file_has_it_save_that_changed_data_are_a_study_of_their_own(sweep, project):
    (swept,) = sweep('[[studies]]\nstudy = "small"').studies
    assert (swept.name, swept.trials, swept.workers, swept.trainer, swept.then) == ("small", None, None, None, ())
    assert swept.definition.data.on_data_change == "new_study"
    assert swept.definition.meaning == load_study("small", project).meaning


def test_every_combination_of_seeds_data_and_trainers_is_a_study_of_its_own(sweep):
    found = sweep(
        'workers = 2\n[[studies]]\nstudy = "table"\nseeds = [1, 2]\ndata = ["in/b.csv.gz", "New York.csv"]\n'
        'trainers = ["lanes", "fit"]\nworkers = 3\n[[studies]]\nstudy = "small"\ntrainers = ["fit"]'
    ).studies
    assert [swept.name for swept in found] == [
        "table-b-seed1-lanes", "table-b-seed1-fit", "table-b-seed2-lanes", "table-b-seed2-fit",
        "table-New-York-seed1-lanes", "table-New-York-seed1-fit", "table-New-York-seed2-lanes",
        "table-New-York-seed2-fit", "small",
    ]  # fmt: skip
    assert (found[3].definition.seed, found[3].definition.data.path, found[3].trainer) == (2, "in/b.csv.gz", "fit")
    assert (found[8].trainer, found[8].workers, found[0].workers) == ("fit", 2, 3)


def test_the_file_that_workers_read_defines_the_same_study(sweep, project):
    text = '[[studies]]\nstudy = "table"\nname = "other"\nseeds = [3]\ndata = ["b.csv"]\n'
    text += 'override.search.sampler = "random"\noverride.hyperparameters.layers.width = { low = 4, high = 8 }'
    (swept,) = sweep(text).studies
    file = project / "other-b-seed3.toml"
    file.write_text(document(swept.tables))
    assert tomllib.loads(file.read_text()) == swept.tables
    read = load_study(str(file), project)
    assert (read.meaning, read.search, read.data, read.name) == (
        swept.definition.meaning,
        swept.definition.search,
        swept.definition.data,
        swept.name,
    )
    assert read.meaning["hyperparameters.layers.width"] == {"low": 4, "high": 8}


def test_studies_without_trials_of_their_own_share_the_total(sweep):
    text = '[budget]\ntrials = 20\n[[studies]]\nstudy = "small"\ntrials = 9\n'
    text += '[[studies]]\nstudy = "table"\nseeds = [1, 2, 3]'
    assert [swept.trials for swept in sweep(text).studies] == [9, 4, 4, 3]


def test_every_mistake_is_told_with_its_place(mistakes):
    found = mistakes(
        'workerz = 2\nkeep = 0\n[budget]\ntime = "6"\n[[studies]]\nstudy = "smal"\n[[studies]]\nstudy = "broken"\n'
        '[[studies]]\nstudy = "small"\nseeds = [1, 1]\ndata = ["a.csv"]\n'
        '[[studies]]\nstudy = "small"\ndata = ["a.csv"]\n'
        '[[studies]]\nstudy = "small"\nname = "b"\noverride.search.sampler = "tpee"\n'
        '[[studies]]\nstudy = "small"\nseeds = [-1]\n[[studies]]\nstudy = "small"\noverride.serch.sampler = "tpe"\n'
        '[[studies]]\nstudy = "small"\nname = "a b"'
    )
    assert [mistake.partition(" ")[0] for mistake in found] == [
        "workerz", "keep", "budget.time", "studies[0].study", "studies[1].study", "studies[2].seeds", "studies[3].data",
        "studies[4].override.search.sampler", "studies[5].seeds", "studies[6].override", "studies[7].name",
    ]  # fmt: skip
    assert found[0].endswith('Did you mean "workers"?')
    assert found[3].endswith('Did you mean "small"?')
    assert "studies/broken.toml: seed is -1" in found[4]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", 'studies is missing; name one in a table [[studies]]: study = "digits"'),
        ("studies = 3", "studies is 3, but should be one table [[studies]] or more"),
        (
            "[[study]]",
            "study is no setting here; there are name, cluster, workers, keep, budget, studies. "
            'Did you mean "studies"?',
        ),
        ('name = "n"\n[[studies]]\nstudy = "small"', 'name is "n", but should be "nightly", as the file is called'),
        (
            '[[studies]]\nstudy = "small"\n[[studies]]\nstudy = "small"',
            'studies[1] comes to the study "small", as does studies[0]; state another `name`',
        ),
        (
            '[[studies]]\nstudy = "table"\ndata = ["a/x.csv", "b/x.csv"]',
            'studies[0] comes to the study "table-x", as does itself; state another `name`',
        ),
        (
            '[[studies]]\nstudy = "small"\noverride.hyperparameters.epochs = 3',
            'studies[0].override changes what the study "small" means; state a `name` for it beside',
        ),
        (
            '[[studies]]\nstudy = "small"\nseeds = [1]\noverride.seed = 3',
            "studies[0].seeds is stated here and in override; state it once",
        ),
        (
            '[budget]\ntrials = 3\n[[studies]]\nstudy = "small"\ntrials = 3\n[[studies]]\nstudy = "table"',
            "budget.trials leaves 0 trials for 1 studies, which is too few",
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told(mistakes, text, told):
    assert mistakes(text) == [told]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rm -rf /", 'should have commands of tuner, such as "tuner show --study {study}"'),
        ("tuner", "should have commands of tuner"),
        ("tuner run-scheduled x -- rm", '"run-scheduled" is none of show, studies'),
        ("tuner shwo", 'Did you mean "show"?'),
        ("tuner show --study {name}", "has {name}, but there are {study} and {file}"),
        ("tuner show 'a", "cannot be taken apart"),
        ("", "should have commands of tuner"),
    ],
)
def test_nothing_but_commands_of_tuner_is_run_behind_a_study(mistakes, line, told):
    (mistake,) = mistakes(f'[[studies]]\nstudy = "small"\nthen = ["""{line}"""]')
    assert mistake.startswith("studies[0].then has ")
    assert told in mistake


def test_a_sweep_that_is_not_there_is_told_with_those_that_are(sweep, project):
    sweep('[[studies]]\nstudy = "small"')
    with pytest.raises(StudyError, match=r'no sweep "nigthly".*there are nightly. Did you mean "nightly"\?'):
        load_sweep("nigthly", project)
