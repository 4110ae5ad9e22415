import csv
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from actbench.api import load
from actbench.cli.report import report
from actbench.errors import ConfigError, EnvironmentMismatchError, NothingMeasuredError, StoreError
from actbench.records.block import BlockRecord
from actbench.report import build as reports
from actbench.report.registry import FORMATS, TABLES
from actbench.report.view import SORTS
from tests.factories import (
    SyntheticRun,
    make_block,
    make_cell,
    make_environment,
    make_failed_block,
    make_info,
    make_run,
)
from tests.stored import store as store_run

RUN = make_run(("relu", "tanh", "placebo"), seeds=2, probed=True)


def store(root: Path, run: SyntheticRun = RUN) -> Path:
    return store_run(root, run)


def invoke(*arguments: object) -> None:
    report.main([str(argument) for argument in arguments], standalone_mode=False)


def expected(*arguments: str, run: SyntheticRun = RUN) -> str:
    return reports.render(reports.build(run.info, run.records), *arguments)  # type: ignore[arg-type]


def test_prints_the_newest_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path)
    invoke("--out", tmp_path)
    assert capsys.readouterr() == (expected("terminal"), "")


@pytest.mark.parametrize("reference", ["path", "mnist", "0123456789ab"])
def test_finds_the_run_that_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reference: str
) -> None:
    path = store(tmp_path)
    invoke(path if reference == "path" else reference, "--out", tmp_path)
    assert "run        0123456789ab" in capsys.readouterr().out


@pytest.mark.parametrize("form", FORMATS.names)
@pytest.mark.parametrize("table", [table for table in TABLES.choices if table not in ("summary", "tuning")])
def test_every_format_and_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, table: str
) -> None:
    invoke(store(tmp_path), "--format", form, "--table", table)
    assert capsys.readouterr().out == expected(form, table)


def test_the_former_name_of_a_table_is_accepted_and_not_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke(store(tmp_path), "--table", "why")
    assert capsys.readouterr().out == expected("terminal", "diagnostics")
    invoke("--help")
    assert "why" not in capsys.readouterr().out


def test_a_summary_of_one_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^table summary: it is over settings"):
        invoke(store(tmp_path), "--table", "summary")


def test_the_tuning_of_what_was_not_tuned_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^table tuning: the config of this run has no tune"):
        invoke(store(tmp_path), "--table", "tuning")


@pytest.mark.parametrize(
    ("option", "choices"), [("--format", FORMATS.choices), ("--table", TABLES.choices), ("--sort", SORTS)]
)
def test_the_command_offers_what_the_report_can_do(option: str, choices: tuple[str, ...]) -> None:
    (parameter,) = (parameter for parameter in report.params if option in parameter.opts)
    assert tuple(parameter.type.choices) == choices  # type: ignore[attr-defined]


def test_sorts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    invoke(store(tmp_path), "--format", "csv", "--table", "accuracy", "--sort", "activation")
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert [row["activation"] for row in rows] == ["placebo", "relu", "tanh"]


def test_a_torn_ledger_and_an_unfinished_run_are_told_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    info = RUN.info.model_copy(update={"blocks": (*RUN.info.blocks, "11111111-2", "11111111-3")})
    path = store(tmp_path, SyntheticRun(info, [*RUN.records, make_failed_block(seed=2)]))
    with (path / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"schema_ver')
    invoke(path, "--format", "csv")
    out, err = capsys.readouterr()
    assert out == expected("csv")
    assert "the last line of the ledger is incomplete" in err
    assert "2 of 4 blocks are measured, 1 failed" in err


def test_output_replaces_the_file_and_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.md"
    target.write_text("old")
    (tmp_path / "link.md").symlink_to(target)
    invoke(store(tmp_path), "--format", "markdown", "--output", tmp_path / "link.md")
    assert capsys.readouterr().out == ""
    assert target.read_text() == expected("markdown")
    assert (tmp_path / "link.md").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"mnist", "report.md", "link.md"}


def test_output_to_a_device_does_not_replace_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(
        [sys.executable, "-c", f"print(open({str(pipe)!r}).read(), end='')"],
        stdout=subprocess.PIPE,
        text=True,
    )
    invoke(store(tmp_path), "--format", "csv", "--output", pipe)
    assert reader.communicate(timeout=30)[0] == expected("csv")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("target", ["missing/report.md", "folder", "file/report.md"])
def test_output_that_cannot_be_written(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    path = store(tmp_path / "results")
    with pytest.raises(StoreError, match=f"cannot write .*{target}") as caught:
        invoke(path, "--output", tmp_path / target)
    assert caught.value.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "results"]


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no run under"):
        invoke("--out", tmp_path / "nowhere")


def test_an_empty_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError, match="empty") as caught:
        invoke("")
    assert (caught.value.exit_code, capsys.readouterr().out) == (2, "")


def test_nothing_measured(tmp_path: Path) -> None:
    path = store(tmp_path, SyntheticRun(make_info(seeds=1), []))
    with pytest.raises(NothingMeasuredError) as caught:
        invoke(path)
    assert caught.value.exit_code == 5


def test_two_machines(tmp_path: Path) -> None:
    labels = ("relu", "tanh", "placebo")

    def block(seed: int, cores: int) -> BlockRecord:
        return make_block(
            [make_cell(label) for label in labels], seed=seed, environment=make_environment(cores=cores)
        )

    path = store(tmp_path, SyntheticRun(make_info(labels, seeds=2), [block(0, 2), block(1, 4)]))
    with pytest.raises(EnvironmentMismatchError, match="cores 2 and 4") as caught:
        invoke(path)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("table", ["time", "inference", "metrics", "pareto"])
def test_new_data_for_a_table_that_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    path = store(tmp_path)
    with pytest.raises(ConfigError, match=f"adds nothing to the table {table}; use one of accuracy, all$"):
        load(path).report(table=table, generalise=True)
    with pytest.raises(ConfigError, match=f"adds nothing to the table {table};") as caught:
        invoke(path, "--generalise", "--table", table)
    assert (caught.value.exit_code, capsys.readouterr().out) == (2, "")


@pytest.mark.parametrize("table", ["accuracy", "all"])
def test_new_data_for_a_table_that_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    invoke(store(tmp_path), "--generalise", "--table", table)
    assert "generalised" in capsys.readouterr().out


def test_another_baseline_for_a_table_that_compares_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = store(tmp_path)
    with pytest.raises(ConfigError, match="table diagnostics compares nothing; use one of summary,"):
        load(path).report(table="diagnostics", against="tanh")
    with pytest.raises(ConfigError, match="table diagnostics compares nothing") as caught:
        invoke(path, "--against", "tanh", "--table", "diagnostics")
    assert (caught.value.exit_code, capsys.readouterr().out) == (2, "")


SWEPT = make_run(
    ("relu", "tanh", "elu", "placebo"),
    seeds=3,
    settings=("11111111", "22222222"),
    probed=True,
    inference_batch_sizes=(1,),
)


@pytest.mark.parametrize("form", FORMATS.names)
@pytest.mark.parametrize("table", [table for table in TABLES.choices if table != "tuning"])
def test_every_table_in_every_format_heeds_the_options_that_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, table: str
) -> None:
    path = store(tmp_path, SWEPT)

    def printed(*options: str) -> str:
        invoke(path, "--format", form, "--table", table, *options)
        told = ("sorted by", '"sort"', "baseline", '"compared_with"')  # what the head says is no proof
        return "\n".join(
            line for line in capsys.readouterr().out.splitlines() if not any(word in line for word in told)
        )

    assert printed("--sort", "activation") != printed("--sort", "config")
    if table != "diagnostics":
        assert printed("--against", "tanh") != printed()
    if table in ("accuracy", "all"):
        assert printed("--generalise") != printed()


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from actbench.cli.report import report; report(['--help'], standalone_mode=False);"
        "heavy = {'tensorflow', 'keras', 'pandas', 'scipy', 'numpy', 'pydantic', 'rich'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_compares_with_another_activation_and_for_new_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(tmp_path)
    invoke("--out", tmp_path, "--against", "tanh", "--generalise", "--format", "csv", "--table", "accuracy")
    built = reports.build(RUN.info, RUN.records, against="tanh", generalise=True)
    printed = capsys.readouterr().out
    assert printed == reports.render(built, "csv", "accuracy")
    assert printed != expected("csv", "accuracy")
