"""The rounds of `actbench micro`, with calls and a clock of the test's own."""

from collections import Counter
from itertools import pairwise

import pytest

from actbench.engine.micro import measure_micro
from actbench.engine.rounds import Stopwatch
from tests.factories import make_environment
from tests.fakes import FakeClock
from tests.micro_runs import micro_plan

COMPILE_S, FIRST_CALL_S, WAIT_S = 2.0, 0.5, 1e-5


class FakeCalls:
    """Calls that take a known time, the first one longer, and write down who was called."""

    def __init__(self, **call_s):
        self.clock = FakeClock()
        self.call_s = call_s
        self.called = []

    def make(self, block):
        self.clock.now += COMPILE_S
        return {label: lambda label=label: self._call(label) for label in block.labels}

    def wait(self):
        self.called.append("wait")
        self.clock.now += WAIT_S

    def _call(self, label):
        self.clock.now += self.call_s.get(label, 1e-4) + (0 if label in self.called else FIRST_CALL_S)
        self.called.append(label)


def measure(fake, block, on_round=lambda _: None):
    stopwatch = Stopwatch(fake.clock, import_s=3.0)
    return measure_micro(block, fake.make, fake.wait, make_environment(), stopwatch, on_round)


def block_of(*names, rounds=12, direction=0):
    return micro_plan(*names, sizes=(1000,), rounds=rounds).blocks[direction]


def test_a_record_holds_a_sample_a_round_of_each_and_says_what_it_is_of():
    block = block_of("relu", "tanh")
    record = measure(FakeCalls(relu=3e-4), block)
    assert (record.block, record.setting, record.status, record.cells) == (block.id, block.id, "ok", ())
    assert [samples.activation for samples in record.micro] == ["copy", "relu", "tanh", "placebo"]
    assert {len(samples.call_s) for samples in record.micro} == {12}
    assert record.environment == make_environment()
    assert record.peak_memory_bytes > 0


def test_a_sample_is_of_as_many_calls_as_take_a_millisecond():
    record = measure(FakeCalls(relu=0.3e-3, tanh=5e-3), block_of("relu", "tanh"))
    calls = {samples.activation: samples.calls for samples in record.micro}
    assert calls == {"copy": 10, "relu": 4, "tanh": 1, "placebo": 10}
    times = {samples.activation: samples.call_s for samples in record.micro}
    assert times["relu"] == pytest.approx([0.3e-3 + WAIT_S / 4] * 12)
    assert times["tanh"] == pytest.approx([5e-3 + WAIT_S] * 12)


def test_the_first_calls_are_no_sample():
    record = measure(FakeCalls(), block_of("relu"))
    assert max(seconds for samples in record.micro for seconds in samples.call_s) < 1e-3


def test_the_device_has_finished_before_the_clock_stops():
    fake = FakeCalls(relu=2e-3)
    record = measure(fake, block_of("relu"))
    samples = 3 * (1 + 12)  # one of each to find out how long it takes, then the rounds
    assert fake.called.count("wait") == 1 + samples
    assert all(seconds > 2e-3 for seconds in record.micro[1].call_s)


def test_everything_runs_once_a_round_and_follows_everything_else_equally_often():
    fake = FakeCalls(**dict.fromkeys(("copy", "relu", "tanh", "placebo"), 1e-3))
    block, starts = block_of("relu", "tanh"), []
    measure(fake, block, on_round=lambda _: starts.append(len(fake.called)))
    order = [label for label in fake.called[starts[0] - 8 :] if label != "wait"]
    rounds = [order[k : k + 4] for k in range(0, len(order), 4)]
    assert len(rounds) == 12
    assert all(sorted(some) == ["copy", "placebo", "relu", "tanh"] for some in rounds)
    followed = Counter(pair for some in rounds for pair in pairwise(some))
    assert set(followed.values()) == {3}


def test_rounds_are_told_as_they_end():
    told = []
    measure(FakeCalls(), block_of("relu", rounds=7), on_round=told.append)
    assert told == [1, 2, 3, 4, 5, 6, 7]


def test_time_is_charged_to_what_it_was_spent_on():
    for direction, phase, other in ((0, "inference_s", "training_s"), (1, "training_s", "inference_s")):
        record = measure(FakeCalls(), block_of("relu", direction=direction))
        assert record.phases.import_s == 3.0
        assert record.phases.compile_s == pytest.approx(COMPILE_S + 3 * FIRST_CALL_S + 9e-4 + WAIT_S)
        assert getattr(record.phases, phase) > 12 * 3 * 1e-3
        assert getattr(record.phases, other) == 0.0
        assert record.phases.wall_s == pytest.approx(
            3.0 + record.phases.compile_s + getattr(record.phases, phase)
        )


def test_a_clock_too_coarse_for_a_call_does_not_stop_the_measurement():
    fake = FakeCalls(**dict.fromkeys(("copy", "relu", "placebo"), 0.0))
    fake.wait = lambda: None
    record = measure(fake, block_of("relu", rounds=6))
    assert {samples.calls for samples in record.micro} == {10_000}
