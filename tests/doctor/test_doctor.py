import math
import random

import pytest

from actbench.doctor import examine
from tests.doctor.measured import failing, timing, without_worker
from tests.doctor.trees import QUIET, clock_at, write


def noisy(spread, rounds=200, around=1.0):
    noise = random.Random(0)
    return [around * math.exp(noise.gauss(0, spread)) for _ in range(rounds)]


@pytest.fixture
def diagnose(tmp_path):
    def run(execute, files=QUIET):
        return examine(5.0, root=write(tmp_path, files), clock=clock_at(0.0, 10.0), execute=execute)

    return run


def test_a_block_of_relu_and_its_placebo_is_timed_for_the_seconds_given(diagnose):
    ran = []
    diagnose(timing(noisy(0.01), ran=ran))
    [block] = ran
    assert [(cell.label, cell.name) for cell in block.cells] == [("relu", "relu"), ("placebo", "relu")]
    timed = block.setting.timing
    assert (timed.engine, timed.budget_s, timed.inference_batch_sizes) == ("compiled", 5.0, ())


def test_the_smallest_difference_grows_with_the_noise_and_shrinks_with_the_blocks(diagnose):
    quiet, loud = (diagnose(timing(noisy(spread))).measurement for spread in (0.005, 0.05))
    assert quiet.rounds == loud.rounds == 200
    assert 8 < loud.smallest_difference / quiet.smallest_difference < 13
    # by the root of 10, but for Student's quantiles: 9 degrees of freedom here, n / stretch there
    for found in (quiet, loud):
        assert found.smallest_difference_10_seeds == pytest.approx(
            found.smallest_difference / math.sqrt(10), rel=0.2
        )


def test_the_smallest_difference_is_that_of_the_normal_theory(diagnose):
    # the median of n normal samples has the standard error sqrt(pi / 2 n) sigma
    found = diagnose(timing(noisy(0.02, rounds=400))).measurement
    assert found.smallest_difference == pytest.approx(1.96 * math.sqrt(math.pi / 800) * 0.02, rel=0.35)


def test_the_ratio_is_the_placebos_over_the_originals(diagnose):
    found = diagnose(timing(noisy(0.005, around=1.04)))
    assert found.measurement.ratio.estimate == pytest.approx(1.04, abs=0.002)
    assert found.measurement.ratio.ci_low > 1.03
    [sentence] = found.advice
    assert sentence.startswith("The placebo seems 4.0 % slower")


def test_too_few_rounds_give_no_interval(diagnose):
    found = diagnose(timing(noisy(0.01, rounds=3))).measurement
    assert (found.smallest_difference, found.smallest_difference_10_seeds, found.ratio.ci_low) == (None,) * 3


def test_a_sound_machine(diagnose):
    found = diagnose(timing(noisy(0.01)))
    assert (found.xla, found.problem, found.advice) == (True, None, ())
    assert found.environment.device == "CPU"
    assert found.machine.governor == "performance"


def test_without_xla_stock_keras_is_measured(diagnose):
    found = diagnose(failing("compiled", otherwise=noisy(0.01)))
    assert (found.xla, found.problem, found.measurement.engine) == (False, "InternalError: no JIT", "keras")
    assert len(found.advice) == 1


def test_where_no_engine_works_the_facts_are_told_all_the_same(diagnose):
    found = diagnose(failing("compiled", "keras"))
    assert (found.xla, found.problem, found.measurement) == (None, "InternalError: no JIT", None)
    assert found.machine.cores == 2
    assert found.environment.device is None


def test_where_no_worker_starts_the_reason_is_told(diagnose):
    found = diagnose(without_worker)
    assert found.measurement is None
    assert "No module named 'tensorflow'" in found.problem
    assert len(found.advice) == 1


def test_where_there_is_no_proc_it_is_measured_all_the_same(diagnose):
    found = diagnose(timing(noisy(0.01)), files={})
    assert found.measurement.rounds == 200
    assert (found.machine.cores, found.machine.load_average) == (None, None)
