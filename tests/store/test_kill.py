import subprocess
import sys
import time

import pytest

from actbench.store.reading import open_run
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_info
from tests.store.processes import ROOT, start, stop

LABELS = [f"cell {number}" for number in range(14)]
INFO = make_info(LABELS, baseline="cell 0", placebo=None, seeds=5000)

APPEND_FOR_EVER = """
import sys
from pathlib import Path
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_info
labels = [f"cell {number}" for number in range(14)]
info = make_info(labels, baseline="cell 0", placebo=None, seeds=5000)
with create_or_resume(Path(sys.argv[1]), info, b"name: mnist") as folder:
    first = len(folder.records())
    cells = [make_cell(label, slice_s=(0.1,) * 400) for label in labels]
    for seed in range(first, 5000):
        folder.append(make_block(cells, seed=seed))
        print(seed, flush=True)
"""


def test_kills_in_the_middle_of_appending_lose_and_repeat_nothing(tmp_path):
    acknowledged = -1
    for turn in range(5):
        process = start(APPEND_FOR_EVER, tmp_path)
        assert process.stdout.readline() == f"{acknowledged + 1}\n"
        time.sleep(0.013 * turn)  # somewhere else in the loop each time
        process.kill()
        seeds = [int(line) for line in process.communicate()[0].split("\n")[:-1]]
        acknowledged = max([acknowledged + 1, *seeds])

        run = open_run(tmp_path / INFO.name / INFO.run_id)
        stored = [record.seed for record in run.records]
        assert stored == list(range(len(stored)))
        # a line may be whole on disk while its process had no time left to say so
        assert len(stored) - 1 in (acknowledged, acknowledged + 1)
        acknowledged = len(stored) - 1

    with create_or_resume(tmp_path, INFO, b"") as folder:
        folder.append(make_block([make_cell(label) for label in LABELS], seed=acknowledged + 1))
        assert len(folder.records()) == acknowledged + 2
    lines = (folder.path / "ledger.jsonl").read_bytes().count(b"\n")
    assert lines == acknowledged + 2


@pytest.mark.parametrize(("scenario", "at_least"), [("new", 25), ("resume", 12), ("torn", 18), ("fresh", 25)])
def test_a_kill_at_any_system_call_leaves_a_folder_to_go_on_with(tmp_path, scenario, at_least):
    command = [sys.executable, "-m", "tests.store.kill_points", scenario, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= at_least


def test_a_reader_beside_a_writer_sees_whole_records_only(tmp_path):
    process = start(APPEND_FOR_EVER, tmp_path)
    try:
        assert process.stdout.readline() == "0\n"
        counts = [len(open_run(tmp_path / INFO.name / INFO.run_id).records) for _ in range(10)]
    finally:
        stop(process)
    assert counts == sorted(counts)
    assert counts[0] >= 1
