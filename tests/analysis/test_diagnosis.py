import pytest

from actbench.analysis.diagnosis import classify_failure, diagnose
from tests.analysis.test_probes import seen
from tests.factories import make_probe


@pytest.mark.parametrize(
    ("score", "diverged", "constant", "expected"),
    [
        (0.95, 0, 0.1, None),
        (0.88, 0, 0.1, None),
        (0.86, 0, 0.1, "behind"),  # a tenth of the way from 0.1 to 0.95 is 0.085
        (0.108, 0, 0.1, "constant"),
        (0.11, 0, 0.1, "behind"),
        (0.95, 1, 0.1, "diverged"),
        (None, 3, 0.1, "diverged"),
        (-0.01, 0, 0.0, "constant"),  # R²
        (0.4, 0, 0.0, "behind"),
        (0.1, 0, None, None),  # a run of an older version does not tell
    ],
)
def test_what_counts_as_failed(score, diverged, constant, expected):
    luck = 0.0 if not constant else 0.009  # three standard errors of 10,000 examples
    assert classify_failure(score, diverged, 0.95, constant, luck=luck, surely_worse=True) == expected
    noisy = classify_failure(score, diverged, 0.95, constant, luck=luck, surely_worse=False)
    assert noisy == (None if expected == "behind" else expected)


@pytest.mark.parametrize(
    ("probe", "cause", "layers"),
    [
        ({"gradient_norm": (0.0, 0.0, 0.1)}, "no gradient", (1, 2)),
        ({"gradient_norm": (3e-7, 1e-3, 1.0)}, "vanishing", (1, 3)),
        ({"gradient_norm": (2e3, 1.0)}, "exploding", (1, 2)),
        ({"gradient_norm": (1.0, None)}, "not finite", (2,)),
        ({"dead": (0.1, 0.6)}, "dead", (2,)),
        ({"dead": (0.1, 0.2), "saturated": (0.45, 0.2)}, "saturated", (1,)),
        ({"gradient_norm": (1.1e-3, 1.0), "dead": 0.2, "saturated": 0.2}, None, None),
        ({"gradient_norm": (0.0, 0.5), "dead": (0.0, 1.0)}, "no gradient", (1,)),
    ],
)
def test_the_cause_that_explains_the_most_is_found(probe, cause, layers):
    found = diagnose("constant", seen([make_probe(**probe)]))
    if cause is None:
        assert found.finding is None
    else:
        assert (found.finding.cause, found.finding.layers) == (cause, layers)


def test_the_latest_epoch_that_shows_a_cause_is_told():
    dying = diagnose("behind", seen([make_probe(0), make_probe(2, dead=0.8)]))
    assert dying.finding.probed_epoch.epoch == 2
    early = diagnose("behind", seen([make_probe(0, gradient_norm=(1e-6, 1.0)), make_probe(2)]))
    assert early.finding.probed_epoch.epoch == 0


def test_who_is_only_behind_and_shows_nothing_gets_no_diagnosis():
    assert diagnose("behind", seen([make_probe()])) is None
    assert diagnose("behind", ()) is None
    assert diagnose("diverged", ()) is None
    assert diagnose("diverged", seen([make_probe()])).finding is None
    assert diagnose("constant", ()).finding is None
