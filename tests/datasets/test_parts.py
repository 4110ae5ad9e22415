"""What no training can learn is told with what it lacks, at the key that keeps it from training."""

import pytest

from actbench.datasets import Wanted, describe
from actbench.errors import DataError
from tests.datasets.files import write_csv


def fault(**wanted):
    with pytest.raises(DataError) as caught:
        describe(Wanted(**wanted))
    [only] = caught.value.faults
    return only


def a_table(folder, targets, **more):
    """A table of these targets, and the key and the message of what is wrong with it."""
    path = write_csv(folder, "x,y\n" + "".join(f"{row},{target}\n" for row, target in enumerate(targets)))
    found = fault(path=path, target=("y",), **({"test": 0.2} | more))
    return found.key, found.message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ("a" * 20 + "b" * 20 + "c", "a class of y that the training part has no example of: c; "
         "allowed: more training examples, or to leave that class out"),
        (["no"] * 20 + ["yes"] * 20 + [*"hgfed"], "classes of y that the training part has no example of: "
         "d, e, f and 2 more; allowed: more training examples, or to leave these classes out"),
        ([1] * 20 + [2] * 20 + [7], "a class of y that the training part has no example of: 7; "
         "allowed: more training examples, or to leave that class out"),
    ],
)  # fmt: skip
def test_classes_that_training_lacks_are_named(tmp_path, targets, told):
    key, message = a_table(tmp_path, targets, test=len(targets) - 2)
    assert (key, message) == (("dataset", "test"), f"the test part has {told}")


@pytest.mark.parametrize(
    ("sizes", "key"),
    [
        ({"test": 39}, "test"),
        ({"validation": 31}, "validation"),
        ({"train_samples": 1}, "train_samples"),
        ({"train_samples": 1, "validation": 2}, "train_samples"),
        ({"train_samples": 1, "validation": 30}, "validation"),
        ({"test": 38, "validation": 1}, "test"),
    ],
)
@pytest.mark.parametrize("targets", [["a", "b"] * 20, [n / 3 for n in range(40)]])
def test_too_little_to_train_on_is_told_at_the_size_that_leaves_it(tmp_path, sizes, key, targets):
    assert a_table(tmp_path, targets, **sizes) == (
        ("dataset", key),
        "the training part has one value of y only; allowed: more examples",
    )


@pytest.mark.parametrize(
    ("sizes", "key"),
    [({"validation": 1}, "validation"), ({"test": 1}, "test"), ({"test_samples": 1}, "test_samples")],
)
def test_a_part_of_one_number_is_told_at_its_size(tmp_path, sizes, key):
    found, message = a_table(tmp_path, [n / 3 for n in range(40)], **sizes)
    assert found == ("dataset", key)
    assert "part has one value of y only, so that there is no R²" in message


def test_a_size_that_nobody_has_given_is_no_key():
    assert fault(name="sine", samples=4).key == ()
    assert fault(name="two_spirals", test=1999).key == ("dataset", "test")
    assert fault(name="two_spirals", validation=0.9999).key == ("dataset", "validation")
