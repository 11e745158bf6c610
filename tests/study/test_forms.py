import pytest

from tuner.errors import StudyFileError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.forms import MAIN, forms_of
from tuner.study.read import read_study


def study(**preprocessing):
    tree = {
        "data": {"builtin": "wine"},
        "hyperparameters": {"batch_size": {"choices": [16, 32]}, "preprocessing": preprocessing},
    }
    return read_study(tree, source="s.toml", stem="s")


def test_a_study_that_searches_no_preprocessing_has_one_form():
    assert forms_of(study(scaler="robust").space).by_key == {MAIN: Preprocessing(scaler="robust")}


def test_each_combination_is_a_form_named_by_what_is_searched():
    forms = study(scaler={"choices": ["standard", "quantile"]}, rare={"low": 5, "high": 10, "step": 5}).forms
    assert set(forms.by_key) == {"standard, 5", "standard, 10", "quantile, 5", "quantile, 10"}
    for key, form in forms.by_key.items():
        assert forms.key_of(form) == key


def test_too_many_forms_are_refused_with_what_makes_them_many():
    with pytest.raises(StudyFileError, match=r"hyperparameters\.preprocessing has \d+ combinations .*for rare"):
        study(rare={"low": 1, "high": 100})
    with pytest.raises(StudyFileError, match="20 combinations"):
        study(scaler={"choices": ["standard", "robust", "quantile", "minmax", "none"]}, rare={"choices": [1, 2, 3, 4]})
