"""A worker process without TensorFlow: `python -m tests.fake_worker FOLDER [SEED=MISHAP ...]`.

Each block leaves a file in FOLDER for every attempt. Mishaps: `kill` (SIGKILL to itself, every time),
`kill-once`, `exit`, `raise-once`, `refuse`, `babble` (prints what is no message), `hang` (till killed).
"""

import os
import signal
import sys
import time
from pathlib import Path

from actbench.environment import describe_environment
from actbench.execution.protocol import Broken, Finished, Progress, Ready, Refused
from actbench.plan.cell import CellPlan
from actbench.plan.models import Block
from actbench.records.block import BlockRecord, Cell, Phases


def main() -> None:
    folder = Path(sys.argv[1])
    mishaps = dict(argument.split("=") for argument in sys.argv[2:])
    say(Ready())
    for line in sys.stdin:
        block = Block.model_validate_json(line)
        attempt = len(list(folder.glob(f"seed-{block.seed}-*"))) + 1
        (folder / f"seed-{block.seed}-{attempt}-pid-{os.getpid()}").touch()
        mishap = mishaps.get(str(block.seed), "")
        once, _, again = mishap.partition("-")
        if attempt == 1 or not again:
            happen(once)
        say(Progress(block=block.id, epoch=1, epochs=1, validation_score={"relu": 0.5}))
        say(Finished(record=record_of(block)))


def happen(mishap: str) -> None:
    if mishap == "kill":
        print("about to die", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    elif mishap == "exit":
        print("last words", file=sys.stderr, flush=True)
        sys.exit(3)
    elif mishap == "raise":
        say(Broken(error="ValueError: something unforeseen"))
    elif mishap == "refuse":
        say(Refused(message="mnist.npz: the data is damaged"))
    elif mishap == "babble":
        print("hello", flush=True)
    elif mishap == "hang":
        time.sleep(60)


def say(message: Ready | Progress | Finished | Broken | Refused) -> None:
    print(message.model_dump_json(), flush=True)


def record_of(block: Block) -> BlockRecord:
    return BlockRecord(
        block=block.id,
        setting=block.setting.id,
        seed=block.seed,
        status="ok",
        started_at="2026-11-21T08:00:00+00:00",
        environment=describe_environment(),
        slice_steps=(4, 4),
        slices_per_epoch=2,
        phases=Phases(
            wall_s=3.0,
            import_s=0.0,
            compile_s=0.0,
            training_s=2.0,
            inference_s=0.5,
            evaluation_s=0.2,
            data_s=0.0,
        ),
        peak_memory_bytes=10**9,
        cells=tuple(
            Cell(
                activation=cell.label,
                status="ok",
                parameters=42,
                compile_s=None,
                slice_s=(0.5, 0.5),
                train_loss=(0.5,),
                train_score=(0.5,),
                validation_loss=(0.5,),
                validation_score=(validation_score(cell),),
                test_loss=None if block.candidate else 0.5,
                test_score=None if block.candidate else (50 + block.seed) / 100,
                inference=(),
                tuned=cell.tuned,
            )
            for cell in block.cells
        ),
        candidate=block.candidate,
    )


def validation_score(cell: CellPlan) -> float:
    """Return a score that is best at a tuned learning rate of 0.001 for tanh, and of 0.01 for the others."""
    rate = cell.tuned.get("train.learning_rate")
    return 0.5 if rate is None else 0.5 - 10 * abs(rate - (0.001 if cell.label == "tanh" else 0.01))


if __name__ == "__main__":
    main()
