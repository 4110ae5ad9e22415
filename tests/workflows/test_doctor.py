import dataclasses
import math

import pytest

from actbench.execution.machine import BusyProcess
from actbench.stats.intervals import Interval
from actbench.workflows.doctor import advise, examine
from tests.factories import make_environment
from tests.machines import (
    GIB,
    MEASURED,
    QUIET_MACHINE,
    QUIET_TREE,
    UNKNOWN_MACHINE,
    failing,
    make_sample,
    noisy,
    sampler,
    timing,
    without_worker,
    write,
)


@pytest.fixture
def diagnose(tmp_path):
    def run(execute, files=QUIET_TREE, samples=()):
        return examine(5.0, root=write(tmp_path, files), sample=sampler(*samples), execute=execute)

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


@pytest.mark.parametrize("ratios", [noisy(0.01, rounds=3), [1.0] * 50], ids=["too few", "all equal"])
def test_rounds_that_say_nothing_give_no_interval(diagnose, ratios):
    found = diagnose(timing(ratios)).measurement
    assert found.rounds == len(ratios)
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


def test_where_the_machine_tells_nothing_it_is_measured_all_the_same(diagnose):
    unknown = make_sample(0.0, cores=None, load_average=None)
    found = diagnose(timing(noisy(0.01)), files={}, samples=[unknown, unknown])
    assert found.measurement.rounds == 200
    assert (found.machine.cores, found.machine.load_average) == (None, None)


def advice(measurement=MEASURED, problem=None, environment=None, **facts):
    machine = dataclasses.replace(QUIET_MACHINE, **facts)
    return advise(make_environment(**(environment or {})), machine, measurement, problem)


def test_a_quiet_machine_needs_no_advice():
    assert advice() == ()


def test_what_is_unknown_is_no_reason():
    environment = make_environment(intra_op_threads=None, inter_op_threads=None)
    assert advise(environment, UNKNOWN_MACHINE, MEASURED, None) == ()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"environment": {"cores": 1, "intra_op_threads": 1}}, "at least 2 cores"),
        ({"environment": {"intra_op_threads": 8}}, "8 threads on 2 usable cores"),
        ({"cores_quota": 1.5}, "grants 1.5 cores' worth of time to 2 cores"),
        ({"governor": "powersave"}, "governor is powersave"),
        ({"load_average": 1.1}, "load average was 1.1 on 2 usable cores"),
        ({"steal": 0.042}, "gave 4.2 % of the processor's time"),
        ({"busy_processes": (BusyProcess(17, "make", 0.95),)}, "Process 17 (make) used 95 % of a core"),
        ({"memory_available_bytes": GIB}, "Only 1.0 GiB"),
        ({"memory_limit_bytes": GIB // 2}, "Only 0.5 GiB"),
        ({"problem": "UNIMPLEMENTED: no JIT"}, "XLA does not work here"),
        ({"problem": "UNIMPLEMENTED: no JIT"}, "UNIMPLEMENTED: no JIT"),
        ({"measurement": None, "problem": "no TensorFlow"}, "Nothing can be measured here"),
        (
            {"measurement": dataclasses.replace(MEASURED, ratio=Interval(1.02, 1.01, 1.03))},
            "placebo seems 2.0 % slower",
        ),
        (
            {"measurement": dataclasses.replace(MEASURED, ratio=Interval(0.98, 0.97, 0.99))},
            "placebo seems 2.0 % faster",
        ),
    ],
)
def test_each_reason_is_one_sentence(facts, said):
    [sentence] = advice(**facts)
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "facts",
    [
        {"load_average": 1.0},
        {"steal": 0.01},
        {"cores_quota": 2.0},
        {"governor": "schedutil"},
        {"busy_processes": (BusyProcess(17, "make", 0.1),)},
        {"memory_available_bytes": 2 * GIB},
        {"swap_bytes": GIB, "swap_used_bytes": GIB},
        {"environment": {"cores": 64, "intra_op_threads": 64}, "load_average": 32.0},
    ],
)
def test_what_is_just_in_order_is_no_reason(facts):
    assert advice(**facts) == ()


def test_several_reasons_are_several_sentences():
    assert len(advice(steal=0.5, load_average=9.0, governor="powersave")) == 3
