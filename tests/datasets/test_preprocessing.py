import numpy as np
import pytest

from actbench.datasets import preprocessing
from actbench.datasets.dataset import describe, prepare
from actbench.datasets.spec import DatasetSpec
from actbench.errors import DataError
from tests.datasets.files import write_csv

TEXT = "a,constant,word,y\n" + "".join(f"{n % 7},3.3,{'uv'[n % 2]},{n / 3}\n" for n in range(60))


def scaled(tmp_path, how, text=TEXT, **more):
    path = write_csv(tmp_path, text)
    return prepare(DatasetSpec(path=path, target=("y",), preprocess=how, **({"test": 20} | more)))


def test_none_is_none(tmp_path):
    assert set(scaled(tmp_path, "none").x[:, 0]) == set(range(7))


@pytest.mark.parametrize("how", ["unit", "standardize"])
def test_a_constant_column_is_zero_and_words_stay(tmp_path, how):
    x = scaled(tmp_path, how).x
    assert (x[:, 1] == 0).all()
    assert set(x[:, 2]) == set(x[:, 3]) == {0, 1}


TEXTS = "word,y\n" + "".join(f"{'uv'[n % 2]},{n / 3}\n" for n in range(60))


@pytest.mark.parametrize("look", [prepare, describe])
@pytest.mark.parametrize("how", ["unit", "standardize"])
def test_where_all_features_are_text_there_is_nothing_to_scale(tmp_path, look, how):
    spec = DatasetSpec(path=write_csv(tmp_path, TEXTS), target=("y",), test=20, preprocess=how)
    with pytest.raises(DataError) as caught:
        look(spec)
    assert str(caught.value) == (
        f"dataset.preprocess: {how} has no effect if all features are text, as in data.csv; use none"
    )


@pytest.mark.parametrize("how", ["none", None])
def test_texts_alone_are_as_they_are(tmp_path, how):
    made = scaled(tmp_path, how, TEXTS)
    assert set(made.x.ravel()) == {0, 1}
    assert made.info.preprocess == "none: the features as they are"
    assert (
        describe(DatasetSpec(path=f"{tmp_path}/data.csv", target=("y",), test=20, preprocess=how))
        == made.info
    )


def test_what_is_fitted_is_fitted_on_the_training_part_alone(tmp_path):
    for how, offset, size in (("unit", np.min, np.ptp), ("standardize", np.mean, np.std)):
        raw, made = scaled(tmp_path, "none", validation=10), scaled(tmp_path, how, validation=10)
        column = raw.x[:, 0].astype(np.float64)
        train = column[:30]
        assert len(raw.train) == 30
        assert made.x[:, 0] == pytest.approx((column - offset(train)) / size(train), abs=1e-6)


def test_many_rows_are_scaled_in_double_precision_to_the_last_bit():
    x = np.random.default_rng(0).normal(3, 2, size=(2500, 4)).astype(np.float32)
    train = x[:2000].astype(np.float64)
    train_mean = x[:2000].mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(((train - train_mean) ** 2).sum(axis=0) / 2000)
    expected = ((x - train_mean) / deviation).astype(np.float32)
    preprocessing.scale(x, range(2000), "standardize", are_bytes=False, numeric=np.ones(4, dtype=bool))
    assert np.array_equal(x, expected)


def test_the_test_part_moves_nothing_else(tmp_path):
    train = write_csv(tmp_path, TEXT, "train.csv")
    plain, wild = (
        prepare(DatasetSpec(path=train, target=("y",), test_path=write_csv(tmp_path, text, "test.csv")))
        for text in (
            "a,constant,word,y\n1,1,u,1.5\n1,1,u,2.5\n",
            "a,constant,word,y\n1e9,-1e9,new,1.5\n1,1,u,2.5\n",
        )
    )
    assert np.array_equal(plain.x[:60], wild.x[:60])
    assert wild.x[60, 1] == pytest.approx(-1e9 - 3.3)  # of a constant column, how far it is off


@pytest.mark.parametrize(("how", "most"), [("none", 255.0), ("unit", 1.0), (None, 1.0)])
def test_levels_of_mnist(how, most):
    x = prepare(DatasetSpec(name="mnist", train_samples=100, test_samples=10, preprocess=how)).x
    assert (x.min(), x.max()) == (0.0, most)


def test_mnist_can_be_standardized_though_its_corners_are_constant():
    data = prepare(DatasetSpec(name="mnist", train_samples=500, test_samples=10, preprocess="standardize"))
    train = data.x[:500]
    moving = train.std(axis=0) > 0
    assert 300 < moving.sum() < 784
    assert train.mean(axis=0) == pytest.approx(np.zeros(784), abs=1e-4)
    assert train.std(axis=0)[moving] == pytest.approx(np.ones(moving.sum()), abs=1e-3)
    assert np.isfinite(data.x).all()
