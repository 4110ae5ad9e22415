import json
import os
import subprocess
from pathlib import Path

import pytest

from actbench.errors import EnvironmentMismatchError, StoreError
from actbench.records.base import SCHEMA_VERSION
from actbench.records.run import TargetInfo
from actbench.report import build
from actbench.store.ledger import encode_record
from actbench.store.reading import open_run
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_failed_block, make_info, make_run
from tests.store.processes import start, stop

INFO = make_info(("relu",), placebo=None, seeds=3)
CONFIG = b"# as given\nname: mnist\n"
BLOCKS = [make_block([make_cell()], seed=seed) for seed in range(3)]


def changed(**changes):
    return INFO.model_copy(update=changes)


def environment(**changes):
    return changed(environment=INFO.environment.model_copy(update=changes))


def packages(**changes):
    return environment(packages=INFO.environment.packages | changes)


def names(path):
    return sorted(child.name for child in path.iterdir())


@pytest.fixture
def begun(tmp_path):
    """A run of which one block is finished."""
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(BLOCKS[0])
        return folder.path


def test_a_new_run_is_laid_out_by_name_and_id(tmp_path):
    with create_or_resume(tmp_path / "not" / "yet", INFO, CONFIG) as folder:
        assert folder.path == tmp_path / "not" / "yet" / "mnist" / "0123456789ab"
        assert names(folder.path) == ["config.yaml", "ledger.jsonl", "lock", "run.json"]
        assert (folder.path / "config.yaml").read_bytes() == CONFIG
        assert folder.info == INFO
        assert folder.records() == ()
    assert open_run(folder.path).info == INFO


def test_run_json_is_for_people_too(begun):
    text = (begun / "run.json").read_text()
    assert text.startswith('{\n  "schema_version": 4,\n  "run_id": "0123456789ab",\n')
    assert text.endswith("}\n")


def test_a_run_is_resumed_as_it_was_first_written(tmp_path, begun):
    later = changed(created_at="2027-01-01T00:00:00+00:00", command="actbench run again.yaml")
    with create_or_resume(tmp_path, later, b"other bytes, same numbers") as folder:
        assert folder.info == INFO
        assert folder.records() == (BLOCKS[0],)
        folder.append(BLOCKS[1])
    assert (begun / "config.yaml").read_bytes() == CONFIG
    assert open_run(begun).records == (BLOCKS[0], BLOCKS[1])
    assert open_run(begun).info == INFO


def test_records_are_in_the_order_of_the_plan_and_the_last_of_each_block_counts(tmp_path):
    failed = make_failed_block(seed=1)
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        for record in (BLOCKS[2], failed, BLOCKS[0]):
            folder.append(record)
        assert folder.records() == (BLOCKS[0], failed, BLOCKS[2])
        folder.append(BLOCKS[1])
        assert folder.records() == tuple(BLOCKS)
    assert open_run(folder.path).records == tuple(BLOCKS)


def test_a_torn_tail_is_set_aside_by_the_next_writer(tmp_path, begun):
    with (begun / "ledger.jsonl").open("ab") as file:
        file.write(b'{"half')
    assert open_run(begun).torn
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(BLOCKS[1])
    assert (begun / "ledger.torn-1").read_bytes() == b'{"half'
    assert open_run(begun).records == (BLOCKS[0], BLOCKS[1])
    assert not open_run(begun).torn


def test_a_run_torn_in_its_first_line_goes_on(tmp_path):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        (folder.path / "ledger.jsonl").write_bytes(b'{"half')
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(BLOCKS[0])
    assert (folder.path / "ledger.torn-1").read_bytes() == b'{"half'
    assert folder.records() == (BLOCKS[0],)


def data(**update):
    return changed(dataset={key: info.model_copy(update=update) for key, info in INFO.dataset.items()})


def test_what_an_older_version_did_not_say_of_the_data_stops_nothing(tmp_path, begun):
    told = {"preprocess": "unit", "features": 784, "targets": (TargetInfo(name="y", classes=2),)}
    create_or_resume(tmp_path, data(**told, files={"a": "b"}, name="renamed.csv"), CONFIG).close()


def test_a_scaling_that_has_changed_stops_the_resuming(tmp_path):
    with create_or_resume(tmp_path, data(preprocess="unit"), CONFIG) as folder:
        folder.append(BLOCKS[0])
    with pytest.raises(EnvironmentMismatchError, match="preprocess was unit, is none"):
        create_or_resume(tmp_path, data(preprocess="none"), CONFIG)


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        (packages(tensorflow="2.22.0"), "tensorflow was 2.21.0, is 2.22.0"),
        (packages(jax="0.9"), "jax was None, is 0.9"),
        (environment(cpu="Other CPU"), "cpu was Example CPU @ 2.50GHz, is Other CPU"),
        (environment(cores=1), "cores was 2, is 1"),
        (environment(python="3.12.0"), "python was 3.11.2, is 3.12.0"),
        (
            changed(dataset={key: d.model_copy(update={"sha256": "c"}) for key, d in INFO.dataset.items()}),
            f"dataset of setting 11111111, sha256 was {'a' * 64}, is c",
        ),
        (
            changed(
                dataset={key: d.model_copy(update={"split_sha256": "c"}) for key, d in INFO.dataset.items()}
            ),
            f"dataset of setting 11111111, split_sha256 was {'b' * 64}, is c",
        ),
        (
            changed(dataset={key: d.model_copy(update={"train": 5}) for key, d in INFO.dataset.items()}),
            "dataset of setting 11111111, train was 55000, is 5",
        ),
    ],
)
def test_what_would_move_a_number_stops_the_resuming(tmp_path, begun, now, difference):
    before = {child: child.read_bytes() for child in begun.iterdir() if child.name != "lock"}
    with pytest.raises(EnvironmentMismatchError) as caught:
        create_or_resume(tmp_path, now, CONFIG)
    assert f": {difference}. " in str(caught.value)
    assert "use `fresh` to measure everything again" in str(caught.value)
    assert {child: child.read_bytes() for child in begun.iterdir() if child.name != "lock"} == before
    create_or_resume(tmp_path, INFO, CONFIG).close()  # and the lock was released


def test_all_differences_are_named(tmp_path, begun):
    now = packages(keras="4.0.0").environment.model_copy(update={"cores": 8})
    with pytest.raises(EnvironmentMismatchError, match=r"cores was 2, is 8; .*keras was 3.15.0, is 4.0.0"):
        create_or_resume(tmp_path, changed(environment=now), CONFIG)


def test_another_version_of_actbench_may_resume(tmp_path, begun):
    with create_or_resume(tmp_path, packages(actbench="0.2.0"), CONFIG) as folder:
        assert folder.records() == (BLOCKS[0],)


def test_where_nothing_is_measured_yet_nothing_could_be_mixed(tmp_path):
    create_or_resume(tmp_path, INFO, CONFIG).close()
    now = environment(cpu="Other CPU")
    with create_or_resume(tmp_path, now, b"new") as folder:
        assert folder.info == now
    assert open_run(folder.path).info == now
    assert (folder.path / "config.yaml").read_bytes() == b"new"


def test_failed_blocks_were_not_measured_anywhere(tmp_path):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(make_failed_block())
    now = environment(cpu="Other CPU")
    with create_or_resume(tmp_path, now, b"new") as folder:
        assert folder.info == now
        assert folder.records() == (make_failed_block(),)
        folder.append(BLOCKS[0])
    assert open_run(folder.path).info == now
    with pytest.raises(EnvironmentMismatchError):
        create_or_resume(tmp_path, INFO, CONFIG)


def test_a_run_with_nothing_left_to_measure_is_opened_anywhere(tmp_path, begun):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(BLOCKS[1])
        folder.append(make_failed_block(seed=2))
    with pytest.raises(EnvironmentMismatchError):
        create_or_resume(tmp_path, environment(cpu="Other CPU"), CONFIG)
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(BLOCKS[2])
    with create_or_resume(tmp_path, environment(cpu="Other CPU"), b"new") as folder:
        assert folder.info == INFO
        assert folder.records() == tuple(BLOCKS)
        folder.write_table("time.csv", "again")
    assert (begun / "config.yaml").read_bytes() == CONFIG


def test_only_the_tables_of_actbench_are_dropped(tmp_path, begun):
    tables = build.table_file_names()
    assert {"accuracy.csv", "why.csv", "tuning.csv"} < set(tables)
    for name in (*tables, "mine.csv"):
        (begun / name).write_text("kept?")
    create_or_resume(tmp_path, INFO, CONFIG, fresh=True, tables=tables).close()
    assert [file.name for file in begun.glob("*.csv")] == ["mine.csv"]


def test_the_tables_that_are_dropped_are_those_of_the_report():
    swept = make_run(("relu", "tanh"), seeds=2, settings=("11111111", "22222222"), probed=True)
    assert {*build.table_files(swept.info, swept.records), "tuning.csv"} == set(build.table_file_names())


def test_a_folder_of_another_plan_is_refused(tmp_path, begun):
    with pytest.raises(StoreError, match=f"{begun / 'run.json'} is of another plan; use `fresh`"):
        create_or_resume(tmp_path, changed(blocks=("11111111-0",)), CONFIG)


def test_fresh_keeps_the_earlier_ledgers_and_drops_their_tables(tmp_path, begun):
    (begun / "accuracy.csv").write_text("stale")
    now = environment(cpu="Other CPU")
    for number in (1, 2):
        old = (begun / "ledger.jsonl").read_bytes()
        with create_or_resume(tmp_path, now, b"new config", fresh=True, tables=["accuracy.csv"]) as folder:
            assert folder.records() == ()
            assert folder.info == now
            assert (begun / f"ledger.old-{number}.jsonl").read_bytes() == old
            folder.append(BLOCKS[number])
    assert names(begun) == [
        "config.yaml", "ledger.jsonl", "ledger.old-1.jsonl", "ledger.old-2.jsonl", "lock", "run.json"
    ]  # fmt: skip
    assert (begun / "config.yaml").read_bytes() == b"new config"
    assert open_run(begun).info == now


def test_fresh_on_nothing_is_simply_a_start(tmp_path):
    create_or_resume(tmp_path, INFO, CONFIG, fresh=True).close()
    create_or_resume(tmp_path, INFO, CONFIG, fresh=True).close()
    assert names(tmp_path / "mnist" / "0123456789ab") == ["config.yaml", "ledger.jsonl", "lock", "run.json"]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema_version": 5}', b"\x00" * 9])
def test_fresh_is_the_way_out_of_a_damaged_folder(tmp_path, begun, damage):
    (begun / "run.json").write_bytes(damage)
    (begun / "ledger.jsonl").write_bytes(b"junk\n")
    with pytest.raises(StoreError, match=r"run.json: "):
        create_or_resume(tmp_path, INFO, CONFIG)
    with create_or_resume(tmp_path, INFO, CONFIG, fresh=True) as folder:
        folder.append(BLOCKS[0])
    assert (begun / "ledger.old-1.jsonl").read_bytes() == b"junk\n"


def test_a_ledger_without_its_plan_is_set_aside(tmp_path, begun):
    (begun / "run.json").unlink()
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        assert folder.records() == ()
    assert (begun / "ledger.old-1.jsonl").read_bytes() == encode_record(BLOCKS[0]) + b"\n"


def test_a_newer_run_json_says_to_upgrade(tmp_path, begun):
    newer = json.loads((begun / "run.json").read_text()) | {
        "schema_version": SCHEMA_VERSION + 1,
        "novelty": True,
    }
    (begun / "run.json").write_text(json.dumps(newer))
    for action in (lambda: create_or_resume(tmp_path, INFO, CONFIG), lambda: open_run(begun)):
        with pytest.raises(StoreError, match=f"^{begun}/run.json: written by a newer actbench .*; upgrade"):
            action()


def test_a_newer_ledger_says_to_upgrade(tmp_path, begun):
    newer = encode_record(BLOCKS[1].model_copy(update={"schema_version": SCHEMA_VERSION + 1}))
    with (begun / "ledger.jsonl").open("ab") as file:
        file.write(newer + b"\n")
    for action in (lambda: create_or_resume(tmp_path, INFO, CONFIG), lambda: open_run(begun)):
        with pytest.raises(StoreError, match=f"^{begun}/ledger.jsonl:2: written by a newer actbench"):
            action()


def test_tables_are_replaced_as_a_whole(tmp_path, begun, monkeypatch):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.write_table("time.csv", "first\nµs\n")
        assert (begun / "time.csv").read_text(encoding="utf-8") == "first\nµs\n"
        folder.write_table("time.csv", "second\n")
        assert (begun / "time.csv").read_text() == "second\n"

        def fail(source, target):
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr("os.replace", fail)
        with pytest.raises(StoreError, match=r"cannot write .*time.csv: No space left on device"):
            folder.write_table("time.csv", "third\n")
        assert (begun / "time.csv").read_text() == "second\n"


def test_left_over_temporary_files_do_no_harm(tmp_path, begun):
    (begun / ".time.csv.tmp").write_text("half of an earlier")
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.write_table("time.csv", "whole")
    assert (begun / "time.csv").read_text() == "whole"
    assert not (begun / ".time.csv.tmp").exists()


def test_a_run_folder_without_a_ledger_is_an_error_for_readers_only(tmp_path, begun):
    (begun / "ledger.jsonl").unlink()
    with pytest.raises(StoreError, match=f"^{begun} has no ledger.jsonl"):
        open_run(begun)
    create_or_resume(tmp_path, INFO, CONFIG).close()
    assert (open_run(begun).records, open_run(begun).torn) == ((), False)


def test_the_ledger_is_read_once(begun, monkeypatch):
    reads, read_bytes = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path.name) or read_bytes(path))
    open_run(begun)
    assert reads == ["run.json", "ledger.jsonl"]


@pytest.mark.parametrize("role", ["baseline", "placebo"])
def test_what_the_others_are_compared_with_is_one_of_the_activations(begun, role):
    info = json.loads((begun / "run.json").read_text()) | {role: "gone"}
    (begun / "run.json").write_text(json.dumps(info))
    with pytest.raises(StoreError, match=rf"run\.json: is damaged: the {role}, gone, is none of its act"):
        open_run(begun)


def test_the_shipped_run_of_schema_1_still_opens():
    run = open_run(Path(__file__).parent / "schema_1")
    assert run.info.schema_version == run.records[0].schema_version == 1
    assert {cell.test_correct for cell in run.records[0].cells} == {None}
    assert {cell.extra_slice_s for cell in run.records[0].cells} == {()}
    assert "97.57" in build.render(build.build(run.info, run.records), "terminal")


def with_verdict(**verdict):
    return changed(config={"name": "mnist", "verdict": verdict}, overrides=("verdict.margin=0.1",))


@pytest.mark.parametrize("finished", [1, 3])
def test_another_verdict_is_written_down_though_nothing_is_measured_again(tmp_path, begun, finished):
    for record in BLOCKS[1:finished]:
        with create_or_resume(tmp_path, INFO, CONFIG) as folder:
            folder.append(record)
    now = with_verdict(margin=0.1).model_copy(update={"created_at": "2027-01-01T00:00:00+00:00"})
    with create_or_resume(tmp_path, now, b"new") as folder:
        assert folder.info.config == now.config
        assert folder.records() == tuple(BLOCKS[:finished])
    stored = open_run(begun).info
    assert stored == INFO.model_copy(update={"config": now.config, "overrides": now.overrides})
    assert (begun / "config.yaml").read_bytes() == b"new"


def test_the_plan_is_whole_when_another_verdict_cannot_be_written(tmp_path, begun, monkeypatch):
    def fail(source, target):
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as context:
        context.setattr("os.replace", fail)
        with pytest.raises(StoreError, match="No space left on device"):
            create_or_resume(tmp_path, with_verdict(margin=0.1), b"new")
    assert open_run(begun).info == INFO
    create_or_resume(tmp_path, INFO, CONFIG).close()  # and the lock was released


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder"])
def test_what_is_no_run_folder_is_an_error(tmp_path, what):
    path = tmp_path / "run"
    if what == "a file":
        path.touch()
    elif what == "an empty folder":
        path.mkdir()
    with pytest.raises(StoreError) as caught:
        open_run(path)
    assert str(caught.value) == f"{path} is no run folder: it has no run.json"


def test_a_root_that_is_a_file_is_an_error(tmp_path):
    root = tmp_path / "results"
    root.touch()
    with pytest.raises(StoreError, match=f"cannot write the run folder {root}.*: Not a directory"):
        create_or_resume(root, INFO, CONFIG)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\0b"])
def test_a_name_that_would_leave_the_root_is_refused(tmp_path, name):
    with pytest.raises(StoreError, match="cannot be the name of a folder"):
        create_or_resume(tmp_path / "results", changed(name=name), CONFIG)
    assert names(tmp_path) == []


def test_a_name_longer_than_the_system_allows_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="File name too long"):
        create_or_resume(tmp_path, changed(name="n" * 300), CONFIG)


def test_a_root_that_may_not_be_written_is_an_error(tmp_path):
    root = tmp_path / "readonly"
    root.mkdir()
    if os.geteuid() == 0:
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(root)], check=False)
        if mount.returncode != 0:
            pytest.skip("root may write everywhere, and nothing can be mounted here")
    else:
        root.chmod(0o500)
    try:
        with pytest.raises(StoreError, match=r"Read-only file system|Permission denied"):
            create_or_resume(root, INFO, CONFIG)
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "--lazy", str(root)], check=True)


def test_a_second_process_is_refused_before_it_touches_anything(tmp_path):
    code = """
import sys
from pathlib import Path
from actbench.store.writing import create_or_resume
from tests.factories import make_failed_block, make_info
with create_or_resume(Path(sys.argv[1]), make_info(seeds=3), b"theirs") as folder:
    folder.append(make_failed_block())
    print("writing", flush=True)
    sys.stdin.readline()
"""
    rival = start(code, tmp_path)
    try:
        assert rival.stdout.readline() == "writing\n"
        for fresh in (False, True):
            with pytest.raises(StoreError, match=f"in use by process {rival.pid};"):
                create_or_resume(tmp_path, INFO, b"ours", fresh=fresh)
        path = tmp_path / "mnist" / "0123456789ab"
        assert (path / "config.yaml").read_bytes() == b"theirs"
        assert open_run(path).records == (make_failed_block(),)  # reading needs no lock
    finally:
        stop(rival)
    with create_or_resume(tmp_path, INFO, b"ours") as folder:
        assert folder.records() == (make_failed_block(),)


def test_an_error_in_the_block_releases_the_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), create_or_resume(tmp_path, INFO, CONFIG):
        raise ZeroDivisionError
    create_or_resume(tmp_path, INFO, CONFIG).close()
