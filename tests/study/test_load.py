from __future__ import annotations

from pathlib import Path

import pytest

from tuner.errors import StudyError, StudyFileError
from tuner.study.load import load_study
from tuner.study.places import study_files

REPOSITORY = Path(__file__).parents[2]
SMALL = """
[data]
builtin = "wine"

[hyperparameters]
epochs = { low = 1, high = 5 }
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "studies").mkdir()
    return tmp_path


def write(root: Path, content: str | bytes, name: str = "small") -> Path:
    path = root / "studies" / f"{name}.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(root: Path, content: str | bytes) -> str:
    write(root, content)
    with pytest.raises(StudyFileError) as caught:
        load_study("small", root)
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(study_files(REPOSITORY)))
def test_every_bundled_study_has_no_mistakes(name):
    definition = load_study(name, REPOSITORY)
    assert definition.name == name
    assert definition.budget.trials is not None


def test_the_bundled_studies_are_the_four_data_sets_and_one_of_everything():
    assert sorted(study_files(REPOSITORY)) == ["breast_cancer", "diabetes", "digits", "everything", "wine"]


def test_a_study_is_called_like_its_file(root):
    write(root, SMALL)
    assert load_study("small", root).name == "small"
    write(root, 'name = "small"\n' + SMALL)
    assert load_study("small", root).name == "small"


def test_a_name_that_is_not_the_files_is_a_mistake(root):
    assert refusal(root, 'name = "large"\n' + SMALL) == (
        'studies/small.toml: name is "large", but should be "small", as the file is called'
    )


def test_a_path_loads_the_same_study_as_its_name(root):
    path = write(root, SMALL)
    by_path = load_study(str(path), root)
    assert by_path == load_study("small", root)
    assert by_path.source == "studies/small.toml"


def test_an_unknown_study_is_refused_with_the_nearest(root):
    write(root, SMALL)
    with pytest.raises(StudyError, match=r'there is no study "smal".*Did you mean "small"\?'):
        load_study("smal", root)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(root):
    write(root, b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_study("small", root).data.builtin == "wine"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("seed = 1\n[data\n", "is no TOML: Expected ']' at the end of a table declaration (at line 2, column 6)"),
        ("seed = 1\nseed = 2\n", "is no TOML: Cannot overwrite a value (at line 2, column 9)"),
        (b"name = '\xff'\n", "is no UTF-8 text: byte 8 cannot be read"),
        ("seed = " + "9" * 5000, "is no TOML: "),
        ("seed = " + "[" * 5000, "its lists are nested too deeply"),
    ],
)
def test_what_is_no_toml_is_refused_with_where(root, content, problem):
    message = refusal(root, content)
    assert message.startswith("studies/small.toml: ")
    assert problem in message


def test_a_folder_in_the_place_of_a_file_is_refused(root):
    (root / "studies" / "small.toml").mkdir()
    with pytest.raises(StudyFileError, match=r"small\.toml: cannot be read: Is a directory"):
        load_study("small", root)


@pytest.mark.parametrize("number", ["99999999999999999999", "-99999999999999999999", "0x" + "f" * 5000])
def test_a_whole_number_beyond_64_bits_is_refused_with_its_place(root, number):
    message = refusal(root, SMALL + f"layers = {{ depth = {{ choices = [1, {number}] }} }}\n")
    assert "hyperparameters.layers.depth.choices[1] is beyond 64 bits" in message


def test_keys_nested_without_end_are_a_mistake_like_any_other(root):
    assert "data.a is no setting here" in refusal(root, SMALL + "[data" + ".a" * 3000 + "]\n")
