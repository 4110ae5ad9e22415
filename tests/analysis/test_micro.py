import math

import numpy as np
import pytest

from actbench.analysis.micro import estimate_micro, least_bytes
from actbench.errors import EnvironmentMismatchError, NothingMeasuredError
from tests.factories import make_environment
from tests.micro_runs import call_seconds, micro_plan, micro_record, micro_run


def rows_of(info, records, index=0):
    setting = estimate_micro(info, records).settings[index]
    return {row.activation: row for row in setting.rows}


def noiseless(*names, **plan):
    info, _ = micro_run(*names, **plan)
    return info, [micro_record(block, noise=0.0) for block in micro_plan(*names, **plan).blocks]


def test_figures_of_known_times():
    info, records = noiseless("relu", sizes=(1_000_000,))
    rows = rows_of(info, records)
    assert list(rows) == ["copy", "relu", "placebo"]
    assert rows["copy"].ns_per_element.estimate == pytest.approx(0.26)
    assert rows["relu"].ns_per_element.estimate == pytest.approx(0.31)
    assert rows["copy"].gb_per_s == pytest.approx(8e6 / 0.26e-3 / 1e9)
    assert rows["relu"].copy_ratio.estimate == pytest.approx(0.31 / 0.26)
    assert (rows["copy"].copy_ratio.ci_low, rows["copy"].copy_ratio.estimate) == (1.0, 1.0)
    assert rows["relu"].rounds == 8


def test_with_the_gradient_twice_as_much_has_to_move_but_for_a_copy():
    info, records = noiseless("relu", sizes=(1_000_000,))
    forward, backward = rows_of(info, records, 0), rows_of(info, records, 1)
    seconds = backward["relu"].ns_per_element.estimate * 1e-9
    assert backward["relu"].gb_per_s == pytest.approx(16 / seconds / 1e9)
    assert backward["copy"].gb_per_s == pytest.approx(forward["copy"].gb_per_s)
    assert backward["placebo"].gb_per_s == pytest.approx(forward["placebo"].gb_per_s)


@pytest.mark.parametrize(
    ("dtype", "direction", "gated", "size"),
    [
        ("float32", "forward", False, 8),
        ("float32", "forward", True, 12),
        ("float32", "forward + backward", False, 16),
        ("float32", "forward + backward", True, 24),
        ("bfloat16", "forward", False, 4),
        ("bfloat16", "forward + backward", True, 12),
    ],
)
def test_what_has_to_move(dtype, direction, gated, size):
    assert least_bytes(dtype, direction, gated=gated) == size


def test_a_gated_unit_moves_more_for_each_element_that_it_gives_back():
    info, records = noiseless("swiglu", sizes=(1_000_000,))
    row = rows_of(info, records)["swiglu"]
    assert row.gb_per_s == pytest.approx(12 / row.ns_per_element.estimate)


def test_the_ratio_is_taken_within_rounds():
    info, _ = micro_run("relu", sizes=(1000,))
    records = [micro_record(block, noise=0.2) for block in micro_plan("relu", sizes=(1000,)).blocks]
    paired = [
        samples.model_copy(update={"call_s": tuple(3.0 * t for t in records[0].micro[0].call_s)})
        for samples in records[0].micro[1:]
    ]
    records[0] = records[0].model_copy(update={"micro": (records[0].micro[0], *paired)})
    ratio = rows_of(info, records)["relu"].copy_ratio
    assert ratio.estimate == pytest.approx(3.0)
    assert ratio.ci_low is None or ratio.ci_low == pytest.approx(3.0)


def test_intervals_cover_the_truth_and_the_placebo_is_quiet():
    info, records = micro_run("relu", rounds=40)
    truth = {block.id: call_seconds(block, "relu") / call_seconds(block, "copy") for block in plan_of(info)}
    for setting in estimate_micro(info, records).settings:
        row = next(row for row in setting.rows if row.activation == "relu")
        assert row.copy_ratio.ci_low < truth[setting.id] < row.copy_ratio.ci_high
        assert row.copy_ratio.ci_high / row.copy_ratio.ci_low < 1.05
        assert setting.placebo == next(r for r in setting.rows if r.activation == "placebo").copy_ratio
        assert not setting.flagged


def plan_of(info):
    rounds = info.settings[0].description["rounds"]
    return micro_plan("relu", rounds=rounds).blocks


def test_a_placebo_that_differs_is_flagged():
    info, records = micro_run("relu", sizes=(1000,))
    *others, placebo = records[0].micro
    slower = placebo.model_copy(update={"call_s": tuple(1.2 * seconds for seconds in placebo.call_s)})
    records[0] = records[0].model_copy(update={"micro": (*others, slower)})
    flagged, quiet = estimate_micro(info, records).settings
    assert flagged.flagged
    assert not quiet.flagged


def test_settings_stand_in_the_order_of_the_plan_and_only_where_measured():
    info, records = micro_run("relu", sizes=(1000, 10_000))
    estimates = estimate_micro(info, [records[3], records[0]])
    assert [setting.elements for setting in estimates.settings] == [1000, 10_000]
    assert [setting.direction for setting in estimates.settings] == ["forward", "forward + backward"]
    assert estimates.finished == 2


def test_failed_blocks_are_named():
    info, records = micro_run("relu")
    failed = micro_record(micro_plan("relu").blocks[0], status="failed", error="killed", micro=())
    estimates = estimate_micro(info, [failed, *records[1:]])
    assert [block.error for block in estimates.failed] == ["killed"]
    assert len(estimates.settings) == 3


def test_nothing_measured_is_no_report():
    info, _ = micro_run("relu")
    with pytest.raises(NothingMeasuredError, match="none of its 4 blocks is finished"):
        estimate_micro(info, [])


def test_two_machines_are_not_pooled():
    info, records = micro_run("relu")
    other = records[1].model_copy(update={"environment": make_environment(cpu="Another")})
    with pytest.raises(EnvironmentMismatchError, match="Another"):
        estimate_micro(info, [records[0], other])


def test_the_same_samples_give_the_same_interval():
    info, records = micro_run("relu")
    once, again = (rows_of(info, records)["relu"].copy_ratio for _ in range(2))
    assert once == again
    assert math.isfinite(np.log(once.ci_low))
