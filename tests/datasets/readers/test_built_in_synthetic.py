import numpy as np
import pytest

from actbench.datasets.dataset import prepare
from actbench.datasets.spec import DatasetSpec

FIRST = [0.756793, 0.884517, -4.972927, 2.918231]
FIRST_CLASSES = [1, 1, 1, 1, 1, 0, 1, 1, 1, 0]


def made(name, **more):
    data = prepare(DatasetSpec(name=name, **more))
    return data.x.astype(np.float64), data.targets[0].y, data


def test_friedman1_is_its_formula():
    x, y, _ = made("friedman1", samples=500)
    expected = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    assert y == pytest.approx(expected, abs=1e-4)
    assert x.shape == (500, 10)
    assert 0 <= x.min() < x.max() < 1
    assert x.mean() == pytest.approx(0.5, abs=0.02)


def test_sine_is_a_sine():
    x, y, _ = made("sine", samples=300)
    assert y == pytest.approx(np.sin(x[:, 0]), abs=1e-6)
    assert np.abs(x).max() == pytest.approx(np.pi, abs=0.1)


def test_xor_is_whether_two_signs_differ():
    x, y, _ = made("xor", samples=1000)
    assert np.array_equal(y == 1, x[:, 0] * x[:, 1] < 0)
    assert y.mean() == pytest.approx(0.5, abs=0.05)


def test_the_fields_of_the_board_alternate():
    x, y, _ = made("checkerboard", samples=1000)
    column, row = np.floor((x + 1) * 2).astype(int).T
    assert set(column) == set(row) == {0, 1, 2, 3}
    assert np.array_equal(y, (column + row) % 2)


def test_each_spiral_is_the_other_turned_by_half():
    x, y, _ = made("two_spirals", samples=1000)
    radius = np.hypot(x[:, 0], x[:, 1])
    along = 104 - radius * 104 / 6.5  # Lang and Witbrock's i, 0 to 96
    assert (along > -1e-3).all()
    assert (along < 96 + 1e-3).all()
    sign = np.where(y == 1, -1, 1)
    angle = along * np.pi / 16
    assert x[:, 0] == pytest.approx(sign * radius * np.sin(angle), abs=1e-3)
    assert x[:, 1] == pytest.approx(sign * radius * np.cos(angle), abs=1e-3)
    assert y.mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("name", ["friedman1", "sine"])
def test_noise_is_added_to_a_number(name):
    x, y, _ = made(name, samples=5000)
    noisy_x, noisy_y, _ = made(name, samples=5000, noise=0.5)
    assert np.array_equal(x, noisy_x)
    assert (noisy_y - y).std() == pytest.approx(0.5, rel=0.05)
    assert (noisy_y - y).mean() == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("name", ["xor", "checkerboard", "two_spirals"])
def test_noise_is_added_to_points_after_their_class_was_told(name):
    x, y, _ = made(name, samples=5000)
    noisy_x, noisy_y, _ = made(name, samples=5000, noise=0.1)
    assert np.array_equal(y, noisy_y)
    moved = noisy_x - x
    assert moved.std(axis=0) == pytest.approx([0.1, 0.1], rel=0.05)
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.05


def test_sizes_are_those_asked_for():
    _, _, data = made("xor", samples=100, test=30, validation=0.1)
    assert (len(data.train), len(data.validation), len(data.test)) == (63, 7, 30)
    assert (len(made("xor")[2].train), len(made("xor")[2].test)) == (1600, 400)
    assert data.info.preprocess == "none: the features as they are"


def test_the_hash_is_that_of_the_recipe():
    hashes = {
        made("xor", samples=samples, noise=noise)[2].info.sha256
        for samples in (100, 200)
        for noise in (None, 0.0, 0.1)
    }
    assert len(hashes) == 4


def test_the_points_never_change():
    x, y, _ = made("two_spirals", samples=50, noise=0.1)
    assert x[:2].ravel() == pytest.approx(FIRST, abs=1e-5)
    assert y[:10].tolist() == FIRST_CLASSES
