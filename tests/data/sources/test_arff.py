import numpy as np
import pytest

HEAD = """% Iris
@RELATION iris

@ATTRIBUTE 'sepal length' NUMERIC
@attribute width\treal
@attribute y {Iris-setosa, 'Iris versicolor', "d"}
"""


def test_numbers_nominal_values_and_comments_are_understood(read, values):
    frame = read(f"{HEAD}@DATA\n5.1, 3.5,Iris-setosa\n% no row\n\n?,3,'Iris versicolor'\n1,?,?\n", "a.arff")
    assert values(frame) == {
        "sepal length": [5.1, None, 1.0],
        "width": [3.5, 3.0, None],
        "y": ["Iris-setosa", "Iris versicolor", None],
    }
    assert frame.parts[0].first_row == 8


def test_texts_and_dates_in_either_quotes_are_understood(read, values):
    head = '@relation r\n@attribute note string\n@attribute t date "dd.MM.yyyy HH:mm"\n@attribute u date\n@data\n'
    rows = '\'it\\\'s, "so"\', "01.02.2020 10:30", 2020-01-01T00:00:00\nplain,?,?\n'
    frame = read(head + rows, "a.arff")
    assert values(frame)["note"] == ['it\'s, "so"', "plain"]
    assert frame.columns["t"].to_numpy()[0] == np.datetime64("2020-02-01T10:30")
    assert frame.columns["u"].isna().tolist() == [False, True]


def test_columns_may_stay_text_or_be_dropped(read, values):
    text = "@relation r\n@attribute x numeric\n@attribute q relational\n@attribute y integer\n@data\n1,a,007\n2,b,1\n"
    assert values(read(text, "a.arff", as_text=["y"], drop=["q"])) == {"x": [1.0, 2.0], "y": ["007", "1"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,y\n1,2\n", "line 1 is neither @relation, @attribute nor @data"),
        (HEAD, "is cut off: there is no @data"),
        ("@relation r\n@data\n1\n", "declares no @attribute"),
        (HEAD + "@data\n% nothing\n", "no rows below @data"),
        (HEAD + "@data\n1,2\n", "row 8 has 2 values, but the header names 3 columns"),
        (HEAD + "@data\n{0 1, 2 d}\n", "has sparse rows"),
        (HEAD + "@attribute q relational\n@data\n1,2,d,x\n", 'line 7 declares "q" as "relational", but should as num'),
        (HEAD + "@attribute\n@data\n1,2,d,x\n", "line 7 should be @attribute, a name and a type"),
        (HEAD + "@attribute t date 'QQ'\n@data\n1,2,d,x\n", 'with the date format "QQ", of which "QQ" is not known'),
        (HEAD + "@attribute t date\n@data\n1,2,d,soon\n", 'column "t" has "soon", which is no date of the format'),
        (HEAD + "@attribute width real\n@data\n1,2,d,3\n", 'has two columns "width"'),
    ],
)
def test_what_cannot_be_read_is_told(complaint, text, message):
    assert complaint(text, "a.arff").startswith("a.arff: ")
    assert message in complaint(text, "a.arff")
