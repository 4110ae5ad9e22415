import dataclasses

import pytest

from actbench.analysis.intervals import Interval
from actbench.doctor.advice import advise
from actbench.doctor.machine import Machine
from actbench.doctor.measurement import Measurement
from actbench.doctor.processes import BusyProcess
from tests.factories import make_environment

GIB = 2**30
QUIET = Machine(
    cores=2,
    cores_quota=None,
    governor="performance",
    turbo=True,
    load_average=0.2,
    steal=0.0,
    memory_available_bytes=6 * GIB,
    memory_limit_bytes=None,
    swap_bytes=0,
    swap_used_bytes=0,
    huge_pages="madvise",
    busy_processes=(),
)
MEASURED = Measurement("compiled", 100, 0.05, Interval(1.001, 0.995, 1.007), 0.006, 0.002)


def advice(measurement=MEASURED, problem=None, environment=None, **facts):
    machine = dataclasses.replace(QUIET, **facts)
    return advise(make_environment(**(environment or {})), machine, measurement, problem)


def test_a_quiet_machine_needs_no_advice():
    assert advice() == ()


def test_what_is_unknown_is_no_reason():
    machine = Machine(*[None] * 12)
    environment = make_environment(intra_op_threads=None, inter_op_threads=None)
    assert advise(environment, machine, MEASURED, None) == ()


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
