import math

from actbench.analysis.frames import inference_calls_frame, slices_frame, trainings_frame
from tests.factories import make_block, make_cell, make_failed_block

KEYS = ["setting", "block", "seed", "activation"]
RECORDS = [
    make_block(
        [make_cell(accuracy=None, slice_s=(0.5,)), make_cell("tanh", accuracy=0.8, compile_s=0.7)], seed=1
    ),
    make_block([make_cell(slice_s=(1.0, 2.0, 3.0, 4.0), latency_s={1: (0.1, 0.2), 8: (0.3,)})], seed=0),
    make_failed_block(seed=2),
]


def test_accuracy_has_a_row_per_cell() -> None:
    frame = trainings_frame(RECORDS)
    assert list(frame.columns[:4]) == KEYS
    assert frame[["seed", "activation", "status"]].to_numpy().tolist() == [
        [0, "relu", "ok"],
        [1, "relu", "diverged"],
        [1, "tanh", "ok"],
    ]
    assert frame.test_accuracy.tolist()[::2] == [0.9, 0.8]
    assert math.isnan(frame.test_accuracy[1])
    assert frame.compile_s[2] == 0.7


def test_slices_know_their_epoch() -> None:
    frame = slices_frame(RECORDS)
    columns = ["seed", "activation", "round", "epoch", "steps", "slice_s"]
    assert frame[columns].to_numpy().tolist()[:5] == [
        [0, "relu", 0, 0, 10, 1.0],
        [0, "relu", 1, 0, 10, 2.0],
        [0, "relu", 2, 1, 10, 3.0],
        [0, "relu", 3, 1, 10, 4.0],
        [1, "relu", 0, 0, 10, 0.5],
    ]
    assert len(frame) == 7


def test_inference_has_a_row_per_call() -> None:
    frame = inference_calls_frame(RECORDS)
    assert frame[["seed", "activation", "batch_size", "round", "latency_s"]].to_numpy().tolist() == [
        [0, "relu", 1, 0, 0.1],
        [0, "relu", 1, 1, 0.2],
        [0, "relu", 8, 0, 0.3],
    ]


def test_no_records_still_have_columns() -> None:
    assert list(trainings_frame([]).columns[:4]) == KEYS
    assert list(slices_frame([]).columns[:4]) == KEYS
    assert list(inference_calls_frame([]).columns) == [*KEYS, "batch_size", "round", "latency_s"]
