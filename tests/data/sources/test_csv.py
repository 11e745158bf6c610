import gzip
import math
import re

import numpy as np
import pytest

TWO_ROWS = {"a": [1.0, 3.0], "b": [2.0, 4.0], "y": ["x", "z"]}


@pytest.mark.parametrize(
    "text",
    [
        "a,b,y\n1,2,x\n3,4,z\n",
        "\ufeffa,b,y\n1,2,x\n3,4,z\n",
        "a,b,y\r\n1,2,x\r\n3,4,z\r\n",
        "a,b,y\r1,2,x\r3,4,z\r",
        "a,b,y\n1,2,x\n\n3,4,z\n\n\n",
        "\n \n\t\na,b,y\n1,2,x\n  \n \t \n3,4,z\n\t\n",
        "\n a, b, y\n 1, 2, x\n3 ,4 ,z ",
        '"a","b","y"\n"1","2","x"\n"3","4","z"\n',
        ' "a" , "b" , "y" \n 1 , "2" , "x" \n3,4, z',
        "a;b;y\n1;2;x\n3;4;z\n",
        "a\tb\ty\n1\t2\tx\n3\t4\tz\n",
        "a|b|y\n1|2|x\n3|4|z\n",
        "a;b;y\n1,0;2,0;x\n3,0;4;z\n",
        "a,b,y\n1,2,x\n3,4,z\n".encode("utf-16"),
        gzip.compress(b"a,b,y\n1,2,x\n3,4,z\n", mtime=0),
    ],
)
def test_how_a_file_is_written_does_not_matter(read, values, text):
    assert values(read(text)) == TWO_ROWS


def test_what_is_stated_is_not_guessed(read, values):
    assert values(read("a§y\n1§é\n".encode("cp1252"), encoding="cp1252", separator="§")) == {"a": [1.0], "y": ["é"]}
    assert values(read("a;y\n1,5;2\n3.5;4\n", decimal=","))["a"] == ["1,5", "3.5"]
    assert values(read('a,y\n"1,5",x\n', decimal=","))["a"] == [1.5]
    assert values(read("1,2\n3,4\n", header=True)) == {"1": [3.0], "2": [4.0]}
    assert values(read("a,b\nc,d\n", header=False)) == {"1": ["a", "c"], "2": ["b", "d"]}
    assert values(read("a b\n1 2\n", separator=" ")) == {"a": [1.0], "b": [2.0]}


def test_a_file_that_begins_with_numbers_has_no_header(read, values):
    frame = read("\n5.1,3.5,setosa\n4.9,3.0,virginica\n")
    assert values(frame) == {"1": [5.1, 4.9], "2": [3.5, 3.0], "3": ["setosa", "virginica"]}
    assert frame.place(1) == "train.csv: row 3"


def test_a_decimal_comma_is_understood_wherever_it_first_appears(read):
    rows = "".join(f"{number};x\n" for number in range(40_000))
    assert read(f"a;y\n{rows}1,5;x\n").columns["a"].iloc[-1] == 1.5


@pytest.mark.parametrize(
    ("cell", "number"),
    [("+1.5", 1.5), (" 7 ", 7.0), (".5", 0.5), ("1E+05", 1e5), ("inf", math.inf), ("-Infinity", -math.inf),
     ("1e999", math.inf), ("1e-999", 0.0), ("123456789012345678901234567890", 123456789012345678901234567890.0)],
)  # fmt: skip
def test_numbers_are_read_however_they_are_spelled(read, cell, number):
    # The second file is for Python's reader, because of the blank before the quote.
    for text in (f"a,y\n{cell},x\n2,x\n", f'a,y\n{cell}, "x"\n2,x\n'):
        assert read(text).columns["a"].tolist() == [number, 2.0]


@pytest.mark.parametrize("cell", ["1_000", "0x10", "1,5", "1d5", "red", "12:30", "1 000"])
def test_a_text_among_numbers_leaves_the_column_as_it_is_spelled(read, cell):
    assert read(f'a,y\n007,x\n"{cell}",x\n').columns["a"].tolist() == ["007", cell]


@pytest.mark.parametrize(
    "cell", ["", " ", "?", "NA", " NA ", "nan", "NaN", "null", '"N/A"', "unknown", "-999", "-999.0"]
)
def test_what_says_that_a_value_is_missing_does_so_in_numbers_texts_and_dates(read, values, cell):
    for row in (f"{cell},{cell},{cell},{cell}\n", f'{cell},{cell},{cell},{cell}\n2, "b",2020-01-01,2\n'):
        frame = read("a,b,c,y\n1,a,2020-01-01,1\n" + row, as_text=["y"], missing=("unknown ", -999))
        assert [column[1] for column in values(frame).values()] == [None] * 4
        assert [str(column.dtype)[:8] for column in frame.columns.values()] == [
            "float64",
            "category",
            "datetime",
            "category",
        ]


def test_a_column_without_any_value_is_one_of_numbers(read, values):
    assert values(read("a,y\n,x\nNA,x\n"))["a"] == [None, None]
    assert read("a,y\n,x\nNA,x\n").columns["a"].dtype == np.float64


def test_columns_to_keep_as_text_keep_the_files_own_spelling(read, values):
    assert values(read("a,y\n1,01\n2, 1.0\n3,2020-01-01\n", as_text=["y"]))["y"] == ["01", "1.0", "2020-01-01"]


def test_dropped_columns_are_not_read_and_not_complained_about(read, values):
    assert values(read("a,,b,b,y\n1,2,3,4,x\n", drop=["unnamed 2", "b"])) == {"a": [1.0], "y": ["x"]}


def test_texts_may_contain_separators_quotes_and_line_ends(read, values):
    for blank in ("", " "):
        text = f'a,b,y\n1,{blank}"one, ""two""\nthree",x\n2,5" pipe,"y"\n'
        assert values(read(text))["b"] == ['one, "two"\nthree', '5" pipe']


@pytest.mark.parametrize(
    ("cells", "moments"),
    [
        (["2020-02-29", "1850-01-01"], ["2020-02-29", "1850-01-01"]),
        (["2020-01-01 10:00", "2020-01-01T10:00:30.25"], ["2020-01-01T10:00", "2020-01-01T10:00:30.25"]),
        (["2020-01-01T10:00:00Z", "2020-01-01T10:00:00+02:00"], ["2020-01-01T10:00", "2020-01-01T08:00"]),
    ],
)
def test_iso_dates_are_dates_and_those_with_a_zone_are_in_utc(read, cells, moments):
    column = read("a,y\n" + "".join(f"{cell},x\n" for cell in cells)).columns["a"]
    assert column.dtype.kind == "M"
    assert column.tolist() == np.array(moments, "datetime64[ms]").astype(object).tolist() or all(
        column.to_numpy() == np.array(moments, "datetime64[ms]")
    )


@pytest.mark.parametrize("cells", [["2020-13-01"], ["2020-01-01", "soon"], ["2020-01-01T10:00", "2020-01-01T10:00Z"]])
def test_what_is_no_date_throughout_stays_text(read, cells):
    assert read("a,y\n" + "".join(f"{cell},x\n" for cell in cells)).columns["a"].tolist() == cells


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, but should have a header row"),
        ("\n \n", "is empty, but should have a header row"),
        ("a,b,y\n", "has a header, but no rows"),
        ("a,b,y\n \n\n", "has a header, but no rows"),
        ("a,a,y\n1,2,3\n", 'has two columns "a"'),
        ("y\n1\n2\n", 'has one column only, "y", but should have features and a target, separated by commas.'),
        ("a,b,y\n1,2,3,4\n", "row 2 has 4 values, but the header names 3 columns. A value that contains a comma must"),
        ("a,b,y\n1,2,3\n\n \n1,2,3,4\n", "row 5 has 4 values"),
        ("a,b,y\n1,2\n1,2,3\n", "row 2 has 2 values"),
        ("a,b,y\n1,2,3\n,\n", "row 3 has 2 values"),
        ("1,2,3\n4,5,6\n7,8\n", "row 3 has 2 values, but the first row has 3"),
        ('a,b,y\n1,"2\n\n",3\n1,2\n', "row 5 has 2 values"),
        ('a,b,y\n1,2,3\n1,2,"3\n4,5,6\n', "cannot be read as CSV: a quote in the row that begins in line 3 has no end"),
        ('a,b,y\n1,2,3\n"', "cannot be read as CSV: a quote in the row that begins in line 3 has no end"),
        ("x" * 200_000 + ",y\n1,2\n", "has no readable header row"),
        ("a,y\n1,tr\xfce\n".encode("cp1252"), "is not UTF-8 text: byte 8, in line 2, is 0xfc.*encoding = \"cp1252\""),
        (b"a,y\n1,\0\n", "is no text: there is a zero at byte 6"),
        (b"PK\x03\x04....", "is no text, but a ZIP archive"),
        (b"PAR1....", "is no text, but a Parquet file"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(complaint, text, message):
    assert re.match(rf"train\.csv: {message}", complaint(text))


def test_a_separator_that_is_not_the_files_is_told(complaint):
    assert complaint("a;y\n1;2\n", separator=",").endswith("Its columns seem to be separated by semicolons.")
    assert "it means something else" in complaint("a;y\n1;2\n", separator='"')


@pytest.mark.parametrize("encoding", ["klingon", "zlib", "hex", "undefined", "idna"])
def test_an_encoding_that_cannot_be_is_told(complaint, encoding):
    assert f'encoding = "{encoding}"' in complaint("a,y\n1,é\n", encoding=encoding)


def test_a_letter_that_is_wrong_deep_in_a_large_file_is_found(complaint):
    data = b"a,y\n" + "1,é\n".encode() * 4_000_000 + b"1,\xff\n"
    assert f"byte {len(data) - 2}, in line 4000002, is 0xff" in complaint(data)


def test_texts_far_below_are_found_in_columns_that_began_as_numbers(read):
    rows = "".join(f"{number},{number},{number},{number},{number}\n" for number in range(30_000))
    frame = read(f"a,b,c,d,y\n{rows}1,x,x,x,x\n")
    assert frame.columns["a"].tolist()[-2:] == [29_999.0, 1.0]
    for name in "bcdy":
        assert frame.columns[name].tolist()[-2:] == ["29999", "x"]


def test_a_table_of_very_many_columns_is_read(read):
    names = ",".join(f"feature{number}" for number in range(30_000))
    row = ",".join(["0.123456789"] * 30_000)
    frame = read(f"{names}\n" + f"{row}\n" * 8)
    assert (len(frame.columns), frame.rows) == (30_000, 8)
