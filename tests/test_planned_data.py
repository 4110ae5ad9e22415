import shutil

import numpy as np
import pytest

from actbench.config.loader import load_config
from actbench.errors import ConfigError, DataError
from actbench.plan import make_plan
from actbench.planned import describe_setting
from actbench.planned_data import describe_data
from tests.config.configs import FINE
from tests.datasets.files import CSV, write_csv, write_idx

OWN = FINE.replace(
    "{name: mnist, validation: 5000}", "{path: data.csv, target: smoker, test: 0.2, validation: 2}"
)


def planned(folder, text=OWN, *overrides):
    (folder / "c.yaml").write_text(text)
    return make_plan(load_config(folder / "c.yaml", overrides))


def test_the_id_is_that_of_the_content_not_of_the_place(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    write_csv(here)
    shutil.copytree(here, there)
    plan = planned(here)
    assert planned(there).run_id == plan.run_id
    shutil.move(here / "data.csv", here / "renamed.csv")
    assert planned(here, OWN.replace("data.csv", "renamed.csv")).run_id == plan.run_id
    write_csv(there, CSV.replace("100.5", "100.6"))
    changed = planned(there)
    assert changed.run_id != plan.run_id
    assert changed.settings[0].id != plan.settings[0].id


def test_a_setting_is_shown_with_the_names_of_its_files(tmp_path):
    write_csv(tmp_path)
    (setting,) = planned(tmp_path).settings
    told = {key: value for key, value in describe_setting(setting)["dataset"].items() if value is not None}
    assert told == {"path": "data.csv", "target": ["smoker"], "test": 0.2, "validation": 2}


def test_own_data_is_looked_at(tmp_path):
    write_csv(tmp_path)
    plan = planned(tmp_path)
    (info,) = describe_data(plan).values()
    assert (info.name, info.features, info.targets[0].classes) == ("data.csv", 4, 2)
    assert info.sha256 == plan.settings[0].data_sha256
    write_csv(tmp_path, CSV.replace("true", ""))
    with pytest.raises(DataError, match=r"data\.csv: row 1, column smoker: the value is missing"):
        describe_data(planned(tmp_path))
    write_csv(tmp_path, CSV.replace("100.5", "100.6"))
    with pytest.raises(DataError, match=r"data\.csv: has changed since the run was planned"):
        describe_data(plan)


def test_a_file_that_is_not_there_is_told_before_anything_is_planned(tmp_path):
    with pytest.raises(DataError, match=r"data\.csv: there is no such file"):
        planned(tmp_path)


def test_gated_units_are_matched_with_the_width_of_the_data(tmp_path):
    write_csv(tmp_path)
    plan = planned(tmp_path, OWN.replace("- relu", "- relu\n  - glu"), "model.hidden_units=[2]")
    with pytest.raises(ConfigError, match="glu: no gated model is within 1 % of the plain one's parameters"):
        describe_data(plan)


def test_what_is_still_to_be_downloaded_is_described_by_what_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    plan = planned(tmp_path, FINE.replace("{name: mnist, validation: 5000}", "{name: cifar100}"))
    (info,) = describe_data(plan).values()
    assert (info.name, info.train, info.features, info.targets[0].classes) == ("cifar100", 50000, 3072, 100)


def test_a_softmax_over_numbers_would_do_nothing(tmp_path):
    numbers = FINE.replace("{name: mnist, validation: 5000}", "{name: friedman1, validation: 100}")
    describe_data(planned(tmp_path, numbers))
    with pytest.raises(ConfigError, match=r"^model\.output: softmax does nothing where numbers"):
        describe_data(planned(tmp_path, numbers, "model.output=softmax"))
    write_csv(tmp_path)
    for target in (("charges",), ("age", "charges")):
        losses = f"targets={{{', '.join(f'{name}: {{loss: mse}}' for name in target)}}}"
        own = "model.output=softmax", f"dataset.target=[{', '.join(target)}]", losses
        with pytest.raises(ConfigError, match=r"^model\.output: softmax does nothing where .* of data\.csv"):
            describe_data(planned(tmp_path, OWN, *own))
    describe_data(planned(tmp_path, OWN, "model.output=softmax", "dataset.target=[smoker, charges]"))


def test_targets_whose_metrics_would_have_one_name_are_refused(tmp_path):
    write_csv(tmp_path, CSV.replace("smoker", "train", 1))
    text = OWN.replace("target: smoker", "target: [sex, train]")
    with pytest.raises(DataError, match=r"data\.csv: .*train would have a metric called train_accuracy"):
        describe_data(planned(tmp_path, text))


NUMBER_LOSSES = ("train.loss=mse", "targets={label: {loss: mse}}")


@pytest.mark.parametrize("loss", NUMBER_LOSSES)
@pytest.mark.parametrize(
    "dataset", ["name: mnist", "name: checkerboard", "path: set", "path: images.npz", "path: flat.npz"]
)
def test_no_loss_makes_numbers_of_the_labels_of_images(tmp_path, loss, dataset):
    write_idx(tmp_path / "set")
    images, labels = np.zeros((9, 2, 3)), np.arange(9) % 3
    split = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    np.savez(tmp_path / "images.npz", **split)
    flat = images.reshape(9, -1).astype(np.uint8)
    np.savez(tmp_path / "flat.npz", **split | {"x_train": flat, "x_test": flat})
    with pytest.raises(
        ConfigError, match=r"loss: mse is for a number, and the target is \d+ classes; allowed"
    ):
        describe_data(planned(tmp_path, FINE, f"dataset={{{dataset}}}", loss))


@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_of_tables_and_of_labels_with_fractions_the_loss_decides(tmp_path, loss):
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 3
    np.savez(tmp_path / "table.npz", x=x, y=y)
    np.savez(tmp_path / "scores.npz", x=x.reshape(20, 1, 2), y=y / 2)
    write_csv(tmp_path, "x,label\n" + "".join(f"{n},{n % 3}\n" for n in range(20)))
    for dataset in ("path: table.npz", "path: scores.npz", "path: data.csv, target: label"):
        (info,) = describe_data(planned(tmp_path, FINE, f"dataset={{{dataset}, test: 0.2}}", loss)).values()
        assert info.targets[0].classes is None
