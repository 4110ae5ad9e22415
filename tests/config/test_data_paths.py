from pathlib import Path

import pytest

from actbench.config.loader import load_source, parse_config
from tests.config.configs import FINE

OWN = FINE.replace("{name: mnist, validation: 5000}", "{path: a.csv, test_path: t.csv, target: y}  # ours")


def copied(folder, text):
    (folder / "c.yaml").write_text(text)
    return load_source(folder / "c.yaml").text


def test_only_relative_paths_of_data_are_written_out(tmp_path):
    assert copied(tmp_path, OWN) == OWN.replace("a.csv", f"{tmp_path}/a.csv").replace(
        "t.csv", f"{tmp_path}/t.csv"
    )
    for same in (FINE, OWN.replace("a.csv", "/a.csv").replace("t.csv", "~/t.csv")):
        assert copied(tmp_path, same) == same


@pytest.mark.parametrize(
    "dataset",
    [
        "{path: 'a b.csv', target: y, test: 0.2}",
        '{path: "a\\x62.csv", target: y, test: 0.2}',
        "{path: &a a.csv, test_path: *a, target: y}",
        "\n  path: >-\n    a.csv\n  target: y\n  test: 0.2",
        "\n  path: &a |-\n    a.csv\n  # a remark\n  target: y\n  test: 0.2",
        "\n  path: ../data/a.csv # über\n  target: y\n  test: 0.2",
        "{path: a.csv, target: y, test: 0.2}\nsweep: {dataset.path: [a.csv, 'b, c.csv']}",
        "{path: a.csv, target: y, test: 1}\nsweep: {zip: {dataset.path: [a.csv, b.pq],dataset.test: [1, 2]}}",
        "{path: &a y, target: *a, format: csv, test: 0.2}",
        "{path: &a data.csv, target: y, test: 0.2}\nsweep: {dataset.target: [*a , z]}",
        "&d {path: a.csv, target: y, test: 0.2}\nsweep: {dataset: [*d, {path: b, test: 1}, {name: xor}]}",
        "{path: a.csv, target: path, test: 0.2}\nsweep: {dataset.target: [path, test_path]}",
    ],
)
@pytest.mark.parametrize("folder", ["here", "a: b, [c]#d", "1e3"])
def test_a_copy_means_the_same_elsewhere(tmp_path, folder, dataset):
    here = tmp_path / folder
    here.mkdir()
    text = "# a study\n" + FINE.replace("{name: mnist, validation: 5000}", dataset)
    copy = copied(here, text)
    assert parse_config(copy, "/elsewhere/c.yaml") == parse_config(text, str(here / "c.yaml"))
    assert copy.startswith("# a study\nname: example\n")
    assert ("# a remark" in copy) == ("# a remark" in text)
    assert copied(tmp_path, copy) == copy


def test_a_name_that_an_alias_makes_a_path_stays_a_name(tmp_path):
    text = FINE.replace("name: example", "name: &n example").replace(
        "{name: mnist, validation: 5000}", "{path: *n, test: 1}"
    )
    assert copied(tmp_path, text) == text.replace("*n", str(tmp_path / "example"))


def test_the_shipped_study_of_a_table_is_copied_with_its_remarks():
    path = Path("configs/health.yaml")
    text = path.read_text()
    assert load_source(path).text == text.replace("health.csv", str(Path("configs/health.csv").absolute()))
