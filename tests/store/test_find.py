import os
from datetime import datetime, timedelta, timezone

import pytest

from actbench.errors import StoreError
from actbench.store.find import find_run, list_runs
from actbench.store.ledger import Ledger
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_failed_block, make_info

INFO = make_info(("relu",), placebo=None, seeds=3)


def moment(second, hours=0):
    return datetime.fromtimestamp(second, timezone(timedelta(hours=hours))).isoformat()


def block(seed, at):
    return make_block([make_cell()], seed=seed).model_copy(update={"started_at": at})


@pytest.fixture
def root(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def add(root):
    """Store a run that was created at the given second, with a block started every second after that."""

    def add_run(name, run_id, at, blocks=1, under=root):
        info = INFO.model_copy(update={"name": name, "run_id": run_id, "created_at": moment(at)})
        with create_or_resume(under, info, b"") as folder:
            for seed in range(blocks):
                folder.append(block(seed, at=moment(at + 1 + seed)))
        return folder.path

    return add_run


@pytest.fixture
def three(add):
    return {
        "old": add("mnist", "aaaa11112222", at=100),
        "newest": add("smoke", "bbbb11112222", at=300, blocks=3),
        "newer": add("mnist", "aaab11112222", at=200, blocks=0),
    }


def test_the_newest_is_the_one_that_was_last_added_to(root, three):
    assert find_run(root) == three["newest"]
    Ledger(three["old"] / "ledger.jsonl").append(block(1, at=moment(400)))
    assert find_run(root) == three["old"]


def test_the_times_of_the_files_do_not_date_a_run(root, three, add):
    """A checkout of a repository gives every file the time of the checkout."""
    shipped = add("mnist", "eeee11112222", at=50, under=root / "reference")
    for file in ("run.json", "ledger.jsonl"):
        os.utime(shipped / file, (2**31, 2**31))
    assert find_run(root) == three["newest"]
    assert find_run(root, "mnist") == three["newer"]


def test_times_of_different_zones_are_compared_as_times(root, three):
    ledger = Ledger(three["old"] / "ledger.jsonl")
    ledger.append(block(1, at=moment(299, hours=9)))  # its text is greater than that of the newest
    assert find_run(root) == three["newest"]
    ledger.append(block(2, at=moment(400, hours=-9)))
    assert find_run(root) == three["old"]


@pytest.mark.parametrize("content", [None, b"", b"junk\n", b"torn"])
def test_without_a_readable_ledger_the_plan_dates_a_run(root, three, content):
    ledger = three["newest"] / "ledger.jsonl"
    ledger.unlink()
    if content is not None:
        ledger.write_bytes(content)
    assert find_run(root) == three["newest"]


@pytest.mark.parametrize("created_at", ["", "yesterday", "2026-01-01"])
def test_a_run_that_does_not_say_when_it_was_started_has_its_place_too(root, three, created_at):
    info = INFO.model_copy(update={"name": "undated", "created_at": created_at})
    create_or_resume(root, info, b"").close()
    assert [run.name for run in list_runs(root)].index("undated") == (0 if created_at == "2026-01-01" else 3)


def test_a_run_without_a_ledger_is_listed_with_what_is_wrong(root, three):
    (three["newest"] / "ledger.jsonl").unlink()
    (listed,) = [run for run in list_runs(root) if run.path == three["newest"]]
    assert (listed.name, listed.planned) == ("smoke", 0)
    assert f"{three['newest']} has no ledger.jsonl" in listed.note


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("mnist", "newer"),
        ("smoke", "newest"),
        ("aaaa11112222", "old"),
        ("aaaa", "old"),
        ("bbbb1", "newest"),
    ],
)
def test_a_run_is_found_by_name_or_id(root, three, reference, expected):
    assert find_run(root, reference) == three[expected]


def test_a_run_is_found_by_path(root, three, monkeypatch):
    for path in three.values():
        assert find_run(root / "elsewhere", str(path)) == path
    monkeypatch.chdir(three["old"])
    assert find_run(root, ".").resolve() == three["old"]


def test_a_folder_of_runs_stands_for_its_newest(root, three):
    assert find_run(root / "elsewhere", str(root)) == three["newest"]
    assert find_run(root, str(root / "mnist")) == three["newer"]


def test_an_ambiguous_beginning_names_the_candidates(root, three, add):
    add("other", "aaaa99990000", at=10)
    with pytest.raises(
        StoreError,
        match=r"'aaaa' is the beginning of several run ids under .*; use one of aaaa11112222, aaaa99990000$",
    ):
        find_run(root, "aaaa")


def test_too_short_a_beginning_is_no_id(root, three):
    with pytest.raises(StoreError, match="'aaa' is no run folder"):
        find_run(root, "aaa")


def test_runs_are_found_three_folders_down_and_no_deeper(root, add):
    three_down = add("mnist", "cccc11112222", at=1, under=root / "reference")
    assert find_run(root, "cccc") == three_down
    add("deep", "dddd11112222", at=9, under=root / "a" / "b")
    assert find_run(root) == three_down


@pytest.mark.parametrize("make", [lambda _: None, lambda root: root.mkdir(), lambda root: root.touch()])
def test_no_run_at_all_says_how_to_start_one(root, make):
    make(root)
    with pytest.raises(StoreError) as caught:
        find_run(root)
    assert str(caught.value) == f"there is no run under {root}; start one with: actbench run CONFIG"
    assert list_runs(root) == []
    with pytest.raises(StoreError, match=f"^'mnist' is no run folder .*, and there is no run under {root}$"):
        find_run(root, "mnist")


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("mnits", "did you mean mnist?"),
        ("aaaa1111222", None),  # a beginning, so it is found
        ("aaaa11112223", "did you mean aaaa11112222?"),
        ("something else", "use one of smoke, mnist"),
        ("x" * 5000, "use one of smoke, mnist"),
    ],
)
def test_what_is_not_found_gets_a_hint(root, three, reference, hint):
    if hint is None:
        assert find_run(root, reference) == three["old"]
        return
    with pytest.raises(StoreError) as caught:
        find_run(root, reference)
    assert str(caught.value).endswith(hint)
    assert "has this name or id" in str(caught.value)


def test_a_folder_without_run_json_is_no_run_folder(root, three, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=r"empty' is no run folder \(it would hold run.json\)"):
        find_run(root, str(tmp_path / "empty"))


def test_the_list_has_the_newest_first(root, three):
    assert [(run.path, run.name, run.run_id, run.finished, run.planned) for run in list_runs(root)] == [
        (three["newest"], "smoke", "bbbb11112222", 3, 3),
        (three["newer"], "mnist", "aaab11112222", 0, 3),
        (three["old"], "mnist", "aaaa11112222", 1, 3),
    ]
    assert {run.note for run in list_runs(root)} == {None}
    assert [run.created_at for run in list_runs(root)] == [moment(at) for at in (300, 200, 100)]


def test_failed_blocks_are_noted_and_not_finished(root):
    with create_or_resume(root, INFO, b"") as folder:
        folder.append(make_failed_block(seed=0))
        folder.append(make_failed_block(seed=1))
        folder.append(make_block([make_cell()], seed=1))
    (run,) = list_runs(root)
    assert (run.finished, run.planned, run.note) == (1, 3, "failed blocks: 1")


@pytest.mark.parametrize("file", ["run.json", "ledger.jsonl"])
def test_a_damaged_run_is_listed_with_what_is_wrong(root, three, file):
    (three["newest"] / file).write_bytes(b"junk\n")
    (damaged,) = [run for run in list_runs(root) if run.path == three["newest"]]
    assert (damaged.name, damaged.run_id, damaged.planned) == ("smoke", "bbbb11112222", 0)
    assert f"{three['newest'] / file}" in damaged.note
    assert len(list_runs(root)) == 3
    assert find_run(root, "smoke") == three["newest"]  # whoever opens it hears what is wrong
