import pytest

from actbench.datasets.dataset import prepare
from actbench.errors import DataError
from tests.datasets.files import CSV, table, write_csv

ROWS = CSV.splitlines()


def test_categories_are_those_of_the_training_part(tmp_path):
    made = []
    for row in ROWS[1:]:
        rare = CSV.replace(row, row.replace("female", "other").replace("male", "other"))
        made.append(prepare(table(write_csv(tmp_path, rare), test=3, preprocess="none")))
    in_training = [data.info.features == 5 for data in made]
    assert in_training.count(False) == 3  # the one example is tested on
    for data, trained in zip(made, in_training, strict=True):
        assert (data.x[:, 1:-1].sum(axis=1) == 0).sum() == (not trained)


def test_too_many_texts_are_refused(tmp_path):
    names = write_csv(tmp_path, "name,y\n" + "".join(f"n{n},{n}.5\n" for n in range(1500)))
    with pytest.raises(DataError, match=r"column name has more than 1,000 texts, too many to make classes"):
        prepare(table(names, ("y",)))
    typo = write_csv(tmp_path, "age,y\n" + "".join(f"{'x' if n == 7 else n},{n}.5\n" for n in range(1500)))
    with pytest.raises(DataError, match=r"row 8, column age: 'x' is not a number"):
        prepare(table(typo, ("y",)))


@pytest.mark.parametrize("column", ["c", "y"])
def test_decimal_commas_are_told_not_made_categories(tmp_path, column):
    other = "y" if column == "c" else "c"
    text = f"{other};{column}\n0.5;7\n" + "".join(f"{n}.5;{n},125\n" for n in range(9))
    path = write_csv(tmp_path, text)
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value) == (
        f"{path}: row 2, column {column}: '0,125' is text, which would be a category; "
        "write numbers with plain digits and a decimal point"
    )


@pytest.mark.parametrize("wrong", ["5\u00a0", "1_000", "\uff15", "5\f"])
@pytest.mark.parametrize("column", ["c", "y"])
@pytest.mark.parametrize("most", [5, 20])  # of them, or of plain numbers
def test_numbers_that_only_people_can_read_are_told(tmp_path, wrong, column, most):
    other = "y" if column == "c" else "c"
    rows = [f"{n}.5,{wrong if n == 3 or n > most else n}\n" for n in range(20)]
    path = write_csv(tmp_path, f"{other},{column}\n" + "".join(rows))
    with pytest.raises(DataError) as caught:
        prepare(table(path, ("y",)))
    assert str(caught.value) == (
        f"{path}: row 4, column {column}: {wrong!r} is text, which would be a category; "
        "write numbers with plain digits and a decimal point"
    )


def test_a_few_numbers_among_texts_are_texts(tmp_path):
    grades = ["none", "none", "none", "1", "2", "3", "none"] * 4
    rows = "".join(f"{grade},{n}.5\n" for n, grade in enumerate(grades))
    made = prepare(table(write_csv(tmp_path, f"grade,y\n{rows}"), ("y",), preprocess="none"))
    assert made.x.shape[1] == 4
    halves = write_csv(
        tmp_path, "dose,y\n" + "".join(f"{'placebo' if n % 2 else 5},{n}.5\n" for n in range(20))
    )
    assert prepare(table(halves, ("y",), preprocess="none")).x.shape[1] == 2


@pytest.mark.parametrize("zeros", [1, 19])
def test_a_category_may_have_a_number_for_a_name(tmp_path, zeros):
    days = (["0"] * zeros + ["a"]) * 5 + ["b", "c"]
    rows = "".join(f"{day},{n}.5\n" for n, day in enumerate(days))
    made = prepare(table(write_csv(tmp_path, f"day,y\n{rows}"), ("y",), test=0.2, preprocess="none"))
    assert made.x.shape[1] in (2, 3, 4)  # b or c may be tested alone


def test_a_few_odd_texts_among_many_numbers_are_mistakes(tmp_path):
    odd = {5: "?", 6: "-", 7: "unknown", 8: "err"}
    rows = "".join(f"{odd.get(n, n % 9 + 1)},{n}.5\n" for n in range(40))
    with pytest.raises(DataError, match=r"row 6, column c: '\?' is not a number, as most of the column is"):
        prepare(table(write_csv(tmp_path, f"c,y\n{rows}"), ("y",)))
