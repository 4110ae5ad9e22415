"""A starter is a config that runs as it is, whatever it was written for."""

import csv
import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from actbench.cli._app import main
from actbench.config.loader import load_config
from actbench.execution.protocol import Finished
from actbench.workflows.run import run_benchmark

ROWS = 120
RNG = np.random.default_rng(0)
X = RNG.standard_normal((ROWS, 3)).astype(np.float32)
SPECIES = [("adelie", "chin strap")[int(value > 0)] for value in X[:, 0]]
MASS = (2 * X[:, 0] + X[:, 1]).round(4).tolist()


def table(**columns):
    return {"bill: length": X[:, 0].round(4).tolist(), "island": ["a", "b"] * (ROWS // 2), **columns}


def write_csv(path, columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_idx(path, array):
    kind = {"uint8": 0x08}[str(array.dtype)]
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes()))


def idx_folder(path, parts=("train", "t10k")):
    path.mkdir()
    images = RNG.integers(0, 255, (ROWS, 3, 2)).astype(np.uint8)
    for part in parts:
        write_idx(path / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(path / f"{part}-labels-idx1-ubyte.gz", (images[:, 0, 0] > 127).astype(np.uint8))


MAKE = {
    "birds.csv": lambda path: write_csv(path, table(species=SPECIES)),
    "mass of birds.csv": lambda path: write_csv(path, table(mass=MASS)),
    "birds.parquet": lambda path: pq.write_table(pa.table(table(species=SPECIES)), path),
    "mass.parquet": lambda path: pq.write_table(pa.table({"Y": MASS, **table()}), path),
    "birds.npz": lambda path: np.savez(path, x=X, y=np.array(SPECIES)),
    "mass.npz": lambda path: np.savez(path, x_train=X, y_train=MASS, x_test=X[:20], y_test=MASS[:20]),
    "images": idx_folder,
    "untested images": lambda path: idx_folder(path, ["train"]),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments):
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


@pytest.mark.parametrize("name", MAKE)
def test_a_starter_is_valid_and_can_be_planned(here, name):
    MAKE[name](here / name)
    made = init(name)
    assert (made.exit_code, made.stdout) == (0, "")
    [config] = here.glob("*.yaml")
    assert made.stderr == f"{config.name} is written; next: actbench plan {config.name}\n"
    assert config.stem == load_config(config).name
    for verb in ("validate", "plan"):
        done = CliRunner().invoke(main, [verb, config.name])
        assert (done.exit_code, done.stderr) == (0, ""), done.output


@pytest.fixture(scope="module")
def measure():
    """Measures blocks in this process, with TensorFlow."""
    from actbench.engine.runner import Measurer

    measurer = Measurer(import_s=0.0)

    def execute(blocks):
        for block in blocks:
            yield Finished(record=measurer.measure(block, lambda _: None))

    return execute


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "name", ["birds.csv", *(pytest.param(name, marks=pytest.mark.heavy) for name in ("mass.npz", "images"))]
)
def test_a_starter_runs(here, name, measure):
    MAKE[name](here / name)
    init(name, "--output", "c.yaml")
    smaller = ["seeds=1", "train.epochs=2", "activations=[relu, tanh]", "placebo=false"]
    outcome = run_benchmark(Path("c.yaml"), here, overrides=smaller, execute=measure)
    [record] = outcome.records
    assert [cell.status for cell in record.cells] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("columns", "target", "why"),
    [
        (["a", "Label", "b"], "Label", "guessed by its name"),
        (["y", "class", "b"], "class", "guessed by its name"),
        (["Y", "a", "b"], "Y", "guessed by its name"),
        (["a", "yes", "label_2"], "label_2", "guessed: the last column"),
    ],
)
def test_the_target_is_guessed_and_the_guess_is_told(here, columns, target, why):
    write_csv(
        here / "t.csv", {name: [i % 3 + 0.5 * k for i in range(ROWS)] for k, name in enumerate(columns)}
    )
    text = init("t.csv", "--output", "-").stdout
    assert yaml.safe_load(text)["dataset"]["target"] == target
    assert re.search(rf"target: {target} +# the column to predict; {re.escape(why)}$", text, re.MULTILINE)


def test_targets_that_are_asked_for_are_taken(here):
    write_csv(here / "t.csv", table(species=SPECIES, mass=MASS))
    text = init("t.csv", "--target", "species", "--target", "mass", "--output", "-").stdout
    assert yaml.safe_load(text)["dataset"]["target"] == ["species", "mass"]
    assert "# species: classes, because it is text" in text
    assert "# mass: a number, because it has fractions" in text


def test_a_number_has_a_choice_of_losses(here):
    MAKE["mass.npz"](here / "mass.npz")
    init("mass.npz", "--output", "m.yaml")
    text = (here / "m.yaml").read_text()
    assert "  # loss: mse " in text
    for loss in ("mse", "mae", "huber"):
        (here / "m.yaml").write_text(text.replace("  # loss: mse ", f"  loss: {loss} "))
        assert load_config("m.yaml").train.loss == loss


def test_a_scale_is_offered_but_where_all_features_are_text(here):
    write_csv(here / "t.csv", table(species=SPECIES))
    assert "  # preprocess: standardize " in init("t.csv", "--output", "-").stdout
    write_csv(here / "t.csv", {"island": ["a", "b"] * (ROWS // 2), "species": SPECIES})
    assert "preprocess" not in init("t.csv", "--output", "-").stdout


def test_every_key_is_explained(here):
    MAKE["birds.csv"](here / "birds.csv")
    lines = init("birds.csv", "--output", "-").stdout.splitlines()
    sections = ("dataset:", "model:", "train:", "timing:")
    keys = [line for line in lines if re.match(r" *[a-z_]+:", line) and line not in sections]
    assert len(keys) >= 14
    assert [line for line in keys if not re.search(r" # \S", line)] == []
    assert max(map(len, lines)) <= 120


def test_small_data_gets_a_small_model_and_whole_epochs_for_slices(here):
    MAKE["birds.csv"](here / "birds.csv")
    init("birds.csv")
    init()
    small, large = load_config("birds.yaml"), load_config("mnist.yaml")
    assert small.model.hidden_units < large.model.hidden_units
    assert small.train.batch_size < large.train.batch_size
    assert small.train.epochs > large.train.epochs
    assert (small.timing.slices_per_epoch, large.timing.slices_per_epoch) == (1, 4)


def test_without_data_it_is_mnist_and_any_dataset_has_a_name(here):
    assert init().exit_code == 0
    assert load_config("mnist.yaml").dataset.name == "mnist"
    assert init("two_spirals").exit_code == 0
    assert load_config("two_spirals.yaml").dataset.name == "two_spirals"


def test_the_path_is_relative_to_the_config(here):
    (here / "data").mkdir()
    (here / "configs").mkdir()
    MAKE["birds.csv"](here / "data/birds.csv")
    assert init("data/birds.csv", "--output", "configs/b.yaml").exit_code == 0
    assert "path: ../data/birds.csv " in Path("configs/b.yaml").read_text()
    assert load_config("configs/b.yaml").dataset.path == str(here / "data/birds.csv")


def test_a_config_that_is_there_is_replaced_only_on_request(here):
    MAKE["birds.csv"](here / "birds.csv")
    (here / "birds.yaml").write_text("mine")
    refused = init("birds.csv")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "birds.yaml: exists already; use another --output, or --force" in refused.stderr
    assert (here / "birds.yaml").read_text() == "mine"
    assert init("birds.csv", "--force").exit_code == 0
    assert load_config("birds.yaml").name == "birds"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.csv"], "nothing.csv: there is no such file"),
        (
            ["data.xls"],
            "data.xls: the name does not tell the format; use one of the suffixes .npz, .csv, .csv.gz, .tsv, "
            ".txt, .parquet, .pq, or a folder with IDX files",
        ),
        (
            ["fashon_mnist"],
            "fashon_mnist: there is no such folder, and no dataset of that name; did you mean "
            "'fashion_mnist'?",
        ),
        (["imdb"], "no dataset of that name; datasets with a name: mnist, "),
        (
            ["birds.csv", "--target", "mass", "--target", "mass"],
            "--target: 'mass' is there twice; name each column once",
        ),
        (
            ["birds.csv", "--target", "specis"],
            "--target: there is no column 'specis' in birds.csv; allowed",
        ),
        (["images", "--target", "label"], "--target: images has no columns"),
        (["hole.csv"], "row 1, column b: the value is missing"),
        (
            ["few.csv"],
            "few.csv: has too few examples for parts to train, validate and test on: "
            "0.1 of 2 examples makes an empty part; use more examples",
        ),
        (
            ["./rare.csv"],
            "./rare.csv: has too few examples for parts to train, validate and test on: the validation part "
            "has a class of b that the training part has no example of: ",
        ),
        (["few.npz"], "few.npz: has too few examples for parts to"),
        (["birds.csv", "--output", "no/such/folder.yaml"], "cannot write no/such/folder.yaml"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line_and_nothing_is_written(here, arguments, message):
    MAKE["birds.csv"](here / "birds.csv")
    idx_folder(here / "images")
    (here / "hole.csv").write_text("a,b\n1,\n2,3\n")
    (here / "few.csv").write_text("a,b\n1,1\n2,2\n3,1\n")
    (here / "rare.csv").write_text("a,b\n" + "".join(f"{n},{n}\n" for n in range(10)))
    np.savez(here / "few.npz", x=X[:3], y=[0, 1, 0])
    result = init(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert message in line
    assert list(here.glob("**/*.yaml")) == []


def test_columns_that_cannot_be_used_are_left_out_with_the_reason(here):
    holes = ["", *X[1:, 1]]
    days = ["2024-01-01"] * ROWS
    write_csv(here / "t.csv", {"": range(ROWS), **table(holes=holes, day=days, species=SPECIES)})
    made = init("t.csv")
    assert (made.exit_code, made.stdout) == (0, "")
    assert "left out, for reasons that t.yaml has: the one without a name, holes, day\n" in made.stderr
    text = (here / "t.yaml").read_text()
    reasons = re.findall("# left out: (.*)", text)
    assert reasons == [
        "column 1 has no name, as when pandas writes its index",
        "row 1, column holes: the value is missing",
        "column day holds values of the kind date32[day]",
    ]
    assert load_config("t.yaml").dataset.features == ("bill: length", "island")
    assert CliRunner().invoke(main, ["validate", "t.yaml"]).exit_code == 0


def test_where_no_column_is_left_all_reasons_are_told(here):
    numbers = ["1e400", *range(1, ROWS)]
    write_csv(here / "t.csv", {"hole": ["", *numbers[1:]], "huge": numbers, "species": SPECIES})
    made = init("t.csv")
    assert (made.exit_code, list(here.glob("*.yaml"))) == (2, [])
    assert [line.split(": ")[1] for line in made.stderr.splitlines()] == [
        "row 1, column hole",
        "row 1, column huge",
    ]


@pytest.mark.parametrize("header", ["a: b # c", "1e-3", "on", "x, y", "new\nline", "'quoted\"", "*", "{"])
def test_strange_names_of_columns_are_written_so_that_they_are_read_back(here, header):
    write_csv(here / "t.csv", {header: list(range(ROWS)), "other one": MASS, "third # one": MASS[::-1]})
    assert init("t.csv", "--target", header).exit_code == 0
    assert load_config("t.yaml").dataset.target == (header,)
