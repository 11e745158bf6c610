import subprocess
import sys

import pytest
from pydantic import ValidationError

from tuner.errors import HyperparameterError
from tuner.study.data_settings import BUILTIN_TASKS, DataSettings


def blamed(**settings) -> HyperparameterError:
    with pytest.raises(ValidationError) as caught:
        DataSettings(**settings)
    (error,) = caught.value.errors()
    cause = error["ctx"]["error"]
    assert isinstance(cause, HyperparameterError)
    return cause


@pytest.mark.parametrize("name", BUILTIN_TASKS)
def test_a_bundled_set_needs_nothing_but_its_name_and_its_task_is_known(name):
    settings = DataSettings(builtin=name)
    assert settings.known_task == BUILTIN_TASKS[name]
    assert (settings.validation, settings.test, settings.folds, settings.repeats) == (0.2, 0.2, None, 1)
    assert DataSettings(builtin=name, task=BUILTIN_TASKS[name]).known_task == BUILTIN_TASKS[name]


def test_the_task_of_a_file_is_known_if_it_is_stated():
    assert DataSettings(path="a.csv", target="y").known_task is None
    assert DataSettings(path="a.csv", target="y", task="regression").known_task == "regression"


@pytest.mark.parametrize(
    ("settings", "places", "message"),
    [
        ({}, ("builtin", "path"), "builtin is missing: name digits, breast_cancer, wine or diabetes, or state path"),
        ({"target": "y"}, ("builtin", "path"), "builtin is missing"),
        ({"path": "a.csv"}, ("target", "path"), "target is missing: name the column of a.csv to predict"),
        ({"builtin": "wine", "path": "a.csv"}, ("path", "builtin"), 'path is "a.csv", but builtin is stated too'),
        ({"builtin": "wine", "target": "y"}, ("target", "builtin"), 'the bundled "wine" brings its own target'),
        (
            {"builtin": "wine", "task": "regression"},
            ("task", "builtin"),
            'task is "regression", but the bundled "wine" is multiclass',
        ),
        (
            {"builtin": "wine", "validation": 0.5, "test": 0.6},
            ("validation", "test"),
            "validation must leave rows for training: validation and test together are 1.1, but must be below 1",
        ),
        ({"builtin": "wine", "validation": 0.7, "test": 0.3}, ("validation", "test"), "together are 1, but"),
    ],
)
def test_settings_that_do_not_go_together_are_blamed_by_name(settings, places, message):
    error = blamed(**settings)
    assert error.settings == places
    assert message in str(error)


@pytest.mark.parametrize(
    "settings",
    [
        {"builtin": "iris"},
        {"builtin": "wine", "validation": 0.0},
        {"builtin": "wine", "validation": 1.0},
        {"builtin": "wine", "test": -0.1},
        {"builtin": "wine", "test": 1.0},
        {"builtin": "wine", "folds": 1},
        {"builtin": "wine", "seed": 3},
        {"path": "", "target": "y"},
        {"path": "a.csv", "target": ""},
        {"path": "a.csv", "target": "y", "task": "ranking"},
    ],
)
def test_a_value_that_cannot_be_is_refused(settings):
    with pytest.raises(ValidationError):
        DataSettings(**settings)


def test_every_setting_is_described():
    assert all(field.description for field in DataSettings.model_fields.values())


def test_reading_data_settings_loads_no_heavy_library():
    code = (
        "import sys, tuner.study.data_settings; "
        "print([name for name in ('numpy', 'pandas', 'sklearn', 'keras', 'optuna') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
