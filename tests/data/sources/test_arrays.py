import io
import pickle

import numpy as np
import pytest


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["i1", "u8", ">i4", "<f2", ">f8", "f4"])
def test_one_array_has_numbered_columns(read, values, kind):
    assert values(read(npy(np.array([[1, 2], [3, 4]], kind)), "a.npy")) == {"1": [1.0, 3.0], "2": [2.0, 4.0]}


@pytest.mark.parametrize("order", ["C", "F"])
def test_x_and_y_become_numbered_columns_and_y(read, values, order):
    frame = read(npz(x=np.array([[1, 2], [3, 4]], order=order), y=np.array([7, 8])), "a.npz", as_text=["y"])
    assert values(frame) == {"1": [1.0, 3.0], "2": [2.0, 4.0], "y": ["7", "8"]}


def test_several_targets_are_numbered_and_features_may_have_names(read, values):
    data = npz(x=np.array([1.5, np.nan]), y=np.array([[1, 2], [3, 4]]), features=np.array(["age"]))
    assert values(read(data, "a.npz")) == {"age": [1.5, None], "y1": [1.0, 3.0], "y2": [2.0, 4.0]}


@pytest.mark.parametrize(
    ("array", "cells"),
    [
        (np.array([["a"], ["?"]]), ["a", None]),
        (np.array([[b"a"], ["é".encode()]]), ["a", "é"]),
        (np.array([[True], [False]]), ["true", "false"]),
    ],
)
def test_texts_and_truth_values_become_categories(read, values, array, cells):
    assert values(read(npy(array), "a.npy"))["1"] == cells


def test_dates_stay_dates(read):
    column = read(npy(np.array([["2020-01-01"], ["NaT"]], "M8[D]")), "a.npy").columns["1"]
    assert column.to_numpy()[0] == np.datetime64("2020-01-01")
    assert column.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z": np.ones(2)}, "has no array x; there are z."),
        ({"x": np.ones((2, 1)), "y": np.ones(3)}, "x has 2 rows, but y has 3"),
        ({"x": np.ones((2, 2, 2))}, r"x is of shape [2, 2, 2], but should be [rows, columns]"),
        ({"x": np.ones((2, 2)), "features": np.array(["a"])}, "features should be 2 different texts"),
        ({"x": np.ones((2, 1)), "y": np.ones(2), "features": np.array(["y"])}, 'has two columns "y"'),
        ({"x": np.array([[1, "a"]], dtype=object)}, "the array x holds Python objects, which could run code"),
        ({"x": np.array([[1j]])}, 'column "1" is of type complex128'),
        ({"x": np.ones((0, 2))}, "no rows"),
        ({"x": np.ones((2, 0))}, "no columns"),
    ],
)
def test_arrays_that_are_no_table_are_told(complaint, arrays, message):
    assert complaint(npz(**arrays), "a.npz").startswith("a.npz: ")
    assert message in complaint(npz(**arrays), "a.npz")


def test_one_array_of_another_shape_is_told(complaint):
    assert "is an array of shape [3], but should be [rows, columns]" in complaint(npy(np.ones(3)), "a.npy")


def test_a_pickle_is_never_run(complaint, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "evil"), "w")

    for name in ("a.npy", "a.npz"):
        complaint(pickle.dumps(Evil()), name)
    complaint(npy(np.array([[Evil()]], dtype=object)), "a.npy")
    assert not (tmp_path / "evil").exists()


def test_a_small_archive_of_very_much_is_refused_before_it_fills_the_memory(read, complaint):
    data = npz(x=np.zeros((1_000_000, 1)))
    assert len(data) < 50_000
    assert "unpacks to 7.6 MiB, more than the 4.0 MiB" in complaint(data, "a.npz", most_bytes=2**22)
    assert read(data, "a.npz", most_bytes=2**23).rows == 1_000_000


def test_an_array_that_claims_to_be_huge_is_told(complaint):
    data = npy(np.ones((2, 2))).replace(b"(2, 2), }", b"(2, %d), }" % 10**14)
    assert "a.npy: " in complaint(data, "a.npy")
