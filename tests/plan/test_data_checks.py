import re
import shutil

import numpy as np
import pytest

from actbench.config.loader import load_source
from actbench.datasets import files
from actbench.datasets.dataset import describe
from actbench.errors import DataError, InputError
from actbench.plan.build import make_plan
from actbench.plan.data_checks import check_data
from actbench.plan.models import Setting, describe_setting
from tests.config.configs import FINE
from tests.datasets.files import CSV, write_csv, write_idx

OWN = FINE.replace(
    "{name: mnist, validation: 5000}", "{path: data.csv, target: smoker, test: 0.2, validation: 2}"
)


def look(folder, text=OWN, *overrides):
    (folder / "c.yaml").write_text(text)
    loaded = load_source(folder / "c.yaml", overrides)
    settings, infos = check_data(loaded)
    return make_plan(loaded.config, settings), infos


def planned(folder, text=OWN, *overrides):
    build, _ = look(folder, text, *overrides)
    return build


def described(folder, text=OWN, *overrides):
    _, infos = look(folder, text, *overrides)
    return infos


def refusal(folder, text=OWN, *overrides):
    """Return the lines of the error, without the config's file name and with {} for the folder."""
    with pytest.raises(InputError) as caught:
        look(folder, text, *overrides)
    return str(caught.value).replace(f"{folder}/c.yaml:", "").replace(str(folder), "{}").splitlines()


def test_the_id_is_that_of_the_content_not_of_the_place(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    write_csv(here)
    shutil.copytree(here, there)
    build = planned(here)
    assert planned(there).run_id == build.run_id
    shutil.move(here / "data.csv", here / "renamed.csv")
    assert planned(here, OWN.replace("data.csv", "renamed.csv")).run_id == build.run_id
    write_csv(here, name="test.csv")
    with_test = OWN.replace("data.csv", "renamed.csv").replace("test: 0.2", "test_path: test.csv")
    tested = planned(here, with_test)
    shutil.move(here / "test.csv", here / "other.csv")
    assert planned(here, with_test.replace("test.csv", "other.csv")).run_id == tested.run_id != build.run_id
    write_csv(there, CSV.replace("100.5", "100.6"))
    changed = planned(there)
    assert changed.run_id != build.run_id
    assert changed.settings[0].id != build.settings[0].id


def test_each_setting_is_planned_once_and_its_files_are_hashed_once(tmp_path, monkeypatch):
    write_csv(tmp_path)
    settings, hashed, from_config, hash_file = [], [], Setting.from_config, files._sha256_of
    monkeypatch.setattr(
        Setting, "from_config", lambda *given: settings.append(given[1]) or from_config(*given)
    )
    monkeypatch.setattr(files, "_sha256_of", lambda path: hashed.append(path.name) or hash_file(path))
    made = planned(tmp_path, OWN, "sweep={train.epochs: [1, 2, 3]}")
    assert settings == [{"train.epochs": 1}, {"train.epochs": 2}, {"train.epochs": 3}]
    assert [setting.varied for setting in made.settings] == settings
    assert hashed == ["data.csv"]


def test_a_setting_is_shown_with_the_names_of_its_files(tmp_path):
    write_csv(tmp_path)
    (setting,) = planned(tmp_path).settings
    told = {key: value for key, value in describe_setting(setting)["dataset"].items() if value is not None}
    assert told == {"path": "data.csv", "target": ["smoker"], "test": 0.2, "validation": 2}


def test_own_data_is_looked_at(tmp_path):
    write_csv(tmp_path)
    build, infos = look(tmp_path)
    (info,) = infos.values()
    assert (info.name, info.features, info.targets[0].classes) == ("data.csv", 4, 2)
    assert info.sha256 == build.settings[0].data_sha256
    write_csv(tmp_path, CSV.replace("true", ""))
    with pytest.raises(DataError, match=r"data\.csv: row 1, column smoker: the value is missing"):
        described(tmp_path)
    write_csv(tmp_path, CSV.replace("100.5", "100.6"))
    (setting,) = build.settings
    with pytest.raises(DataError, match=r"data\.csv: has changed since the run was planned"):
        describe(setting.dataset.spec(), setting.kinds, setting.data_sha256)


def test_a_file_that_is_not_there_is_told_before_anything_is_planned(tmp_path):
    assert refusal(tmp_path) == ["2:17: dataset.path: {}/data.csv: there is no such file"]


def test_gated_units_are_matched_with_the_width_of_the_data(tmp_path):
    write_csv(tmp_path)
    gated = OWN.replace("- relu", "- relu\n  - glu")
    (line,) = refusal(tmp_path, gated, "model.hidden_units=[2]")
    assert line.startswith(
        "7:5: activations[1]: no gated widths give the plain model's number of parameters within 1 %"
    )


def test_gated_units_are_told_of_together_with_what_else_does_not_fit(tmp_path):
    write_csv(tmp_path, "num,cls,x\n" + "".join(f"{n}.5,{'ab'[n % 2]},{n % 7}\n" for n in range(30)))
    own = FINE.replace("{name: mnist, validation: 5000}", "{path: data.csv, target: num, test: 0.2}")
    gated = own.replace("- swish", "- glu")
    swept = gated + "sweep: {dataset.target: [num, cls, [num, cls]]}\n"
    found = refusal(tmp_path, swept, "model={hidden_units: [2], output: softmax}")
    assert [line.partition(" give")[0].partition(" where")[0] for line in found] == [
        *3 * ["8:5: activations[2]: no gated widths"],  # each setting has a number of parameters of its own
        "--set model: model.output: softmax has no effect",
    ]
    # with a loss that does not fit, or other columns, the width may be another than is meant
    (line,) = refusal(tmp_path, gated, "model={hidden_units: [2]}", "train.loss=binary_crossentropy")
    assert line.startswith("--set train.loss: binary_crossentropy is for two classes")
    (line,) = refusal(tmp_path, gated, "model={hidden_units: [2]}", "dataset.features=[x, y]")
    assert "there is no column 'y'" in line


def test_of_a_dataset_with_a_name_what_only_classes_have_is_told_with_the_rest(tmp_path):
    numbers = FINE.replace("{name: mnist, validation: 5000}", "{name: friedman1, validation: 100}")
    text = numbers.replace("- swish", "- swiglu").replace("[128, 64]", "[3]")
    found = refusal(tmp_path, text, "model.output=softmax", "verdict.target_accuracy=0.9")
    assert [line.partition(";")[0] for line in found] == [
        "8:5: activations[2]: no gated widths give the plain model's number of parameters within 1 %: the "
        "widths [2] give +27.0 %",
        "--set model.output: softmax has no effect where numbers are predicted, as of friedman1",
        "--set verdict.target_accuracy: the score of friedman1 is R²",
    ]


def test_the_head_of_a_gated_model_is_that_of_its_loss(tmp_path):
    board = FINE.replace("{name: mnist, validation: 5000}", "{name: checkerboard}")
    board = board.replace("- swish", "- glu").replace("[128, 64]", "[14]")
    assert described(tmp_path, board, "train.loss=binary_crossentropy")
    assert described(tmp_path, board, "targets={label: {loss: binary_crossentropy}}")
    (line,) = refusal(tmp_path, board)
    assert "activations[2]: no gated widths" in line


def test_what_is_still_to_be_downloaded_is_described_by_what_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (info,) = described(
        tmp_path, FINE.replace("{name: mnist, validation: 5000}", "{name: cifar100}")
    ).values()
    assert (info.name, info.train, info.features, info.targets[0].classes) == ("cifar100", 50000, 3072, 100)


def test_a_softmax_over_numbers_would_do_nothing(tmp_path):
    numbers = FINE.replace("{name: mnist, validation: 5000}", "{name: friedman1, validation: 100}")
    described(tmp_path, numbers)
    (line,) = refusal(tmp_path, numbers, "model.output=softmax")
    assert line.startswith(
        "--set model.output: softmax has no effect where numbers are predicted, as of friedm"
    )
    write_csv(tmp_path)
    for target in (("charges",), ("age", "charges")):
        losses = f"targets={{{', '.join(f'{name}: {{loss: mse}}' for name in target)}}}"
        own = "model.output=softmax", f"dataset.target=[{', '.join(target)}]", losses
        (line,) = refusal(tmp_path, OWN, *own)
        assert line.endswith("softmax has no effect where numbers are predicted, as of data.csv; use logits")
    described(tmp_path, OWN, "model.output=softmax", "dataset.target=[smoker, charges]")


def test_targets_whose_metrics_would_have_one_name_are_refused(tmp_path):
    write_csv(tmp_path, CSV.replace("smoker", "train", 1))
    text = OWN.replace("target: smoker", "target: [sex, train]")
    (line,) = refusal(tmp_path, text)
    assert line.startswith(
        "2:35: dataset.target: {}/data.csv: beside another target, train would have a metric"
    )


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
    (line,) = refusal(tmp_path, FINE, f"dataset={{{dataset}}}", loss)
    assert re.search(r"mse is for a number, and the target is \d+ classes; allowed", line)


@pytest.mark.parametrize("loss", NUMBER_LOSSES)
def test_of_tables_and_of_labels_with_fractions_the_loss_decides(tmp_path, loss):
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 3
    np.savez(tmp_path / "table.npz", x=x, y=y)
    np.savez(tmp_path / "scores.npz", x=x.reshape(20, 1, 2), y=y / 2)
    write_csv(tmp_path, "x,label\n" + "".join(f"{n},{n % 3}\n" for n in range(20)))
    for dataset in ("path: table.npz", "path: scores.npz", "path: data.csv, target: label"):
        (info,) = described(tmp_path, FINE, f"dataset={{{dataset}, test: 0.2}}", loss).values()
        assert info.targets[0].classes is None


def test_names_and_losses_that_are_wrong_are_told_together_where_they_are_written(tmp_path):
    write_csv(tmp_path, CSV + "".join(f"{n},male,true,{n}.5\n" for n in range(20)))
    text = OWN.replace("target: smoker", "target: [smokr, charges], features: [age, kind, smok]") + (
        "targets: {smoker: {weight: 2.0}, charges: {loss: binary_crossentropy}}\n"
    )
    allowed = "allowed: age, sex, smoker, charges"
    assert refusal(tmp_path, text) == [
        f"2:36: dataset.target[0]: there is no column 'smokr' in data.csv; {allowed}; did you mean 'smoker'?",
        f"2:69: dataset.features[1]: there is no column 'kind' in data.csv; {allowed}",
        f"2:75: dataset.features[2]: there is no column 'smok' in data.csv; {allowed}; "
        "did you mean 'smoker'?",
        "16:50: targets.charges.loss: binary_crossentropy is for two classes, and the target is a number; "
        "allowed: mse, mae, huber (charges)",
    ]


def test_a_weight_of_the_only_target_is_told_where_it_is_written(tmp_path):
    write_csv(tmp_path, CSV + "".join(f"{n},male,true,{n}.5\n" for n in range(20)))
    text = OWN + "targets: {smoker: {weight: 3.0}}\n"
    told = "targets.smoker.weight: 3 of the only target would do no more than scale its loss"
    assert [line.partition(";")[0] for line in refusal(tmp_path, text)] == [f"16:28: {told}"]
    swept = OWN + "sweep: {targets.smoker.weight: [1.0, 3.0]}\n"
    [line] = refusal(tmp_path, swept)
    assert line.startswith("16:38: sweep.targets.smoker.weight[1]: 3 of the only target")
    # beside one that is misspelt it is not the only one
    two = OWN.replace("target: smoker", "target: [smoker, chargs]") + "targets: {smoker: {weight: 3.0}}\n"
    [line] = refusal(tmp_path, two)
    assert "there is no column 'chargs'" in line


def test_several_targets_with_a_single_loss_are_told_of_it_beside_a_misspelt_one(tmp_path):
    write_csv(tmp_path)
    misspelt, several = refusal(tmp_path, OWN, "dataset.target=[charge, age]", "train.loss=mse")
    assert misspelt.startswith("--set dataset.target: dataset.target[0]: there is no column 'charge' in")
    assert several == (
        "--set train.loss: mse cannot be the loss of 2 targets; write one for each under targets, such as "
        "targets: {age: {loss: mse}}"
    )


def test_what_may_come_of_an_earlier_mistake_is_not_told(tmp_path):
    write_csv(tmp_path, CSV.replace("300.5", ""))
    (line,) = refusal(tmp_path, OWN, "dataset.target=[somker, charges]")
    assert "'somker'" in line
    target = OWN.replace("smoker", "charges")
    missing, misspelt = refusal(tmp_path, target, "dataset.features=[aeg, sex]")
    assert "'aeg'" in misspelt
    assert missing == "2:17: dataset.path: {}/data.csv: row 3, column charges: the value is missing"


def test_sizes_and_losses_are_told_together(tmp_path):
    write_csv(tmp_path)
    sizes = "dataset.test_samples=300", "dataset.train_samples=300"
    assert refusal(tmp_path, OWN, *sizes, "train.loss=mse", "dataset.test=2") == [
        "--set dataset.train_samples: 300 is not possible with this data; allowed: 1 to 6",
        "--set dataset.test_samples: 300 is not possible with this data; allowed: 1 to 2",
        "--set train.loss: mse is for a number, and the target is 2 classes; allowed: "
        "sparse_categorical_crossentropy, binary_crossentropy (smoker)",
    ]


def test_a_scale_of_texts_alone_is_told_where_it_is_written_with_what_else_is_wrong(tmp_path):
    write_csv(tmp_path)
    text = OWN.replace("validation: 2", "features: sex, preprocess: unit")
    assert refusal(tmp_path, text, "train.loss=mse") == [
        "2:81: dataset.preprocess: unit has no effect if all features are text, as in data.csv; use none",
        "--set train.loss: mse is for a number, and the target is 2 classes; allowed: "
        "sparse_categorical_crossentropy, binary_crossentropy (smoker)",
    ]


def test_an_accuracy_to_reach_is_refused_of_numbers(tmp_path):
    write_csv(tmp_path)
    text = OWN.replace("smoker", "charges") + "verdict: {target_accuracy: 0.9}\n"
    assert refusal(tmp_path, text) == [
        "16:28: verdict.target_accuracy: the score of data.csv is R²; "
        "use target_accuracy with a single target of classes"
    ]


def test_each_setting_whose_data_is_wrong_is_told_of_once(tmp_path):
    write_csv(tmp_path)
    write_csv(tmp_path, CSV.replace("smoker", "smokes"), "b.csv")
    write_csv(tmp_path, CSV.replace("300.5", ""), "c.csv")
    text = OWN + (
        "sweep:\n  dataset.path: [data.csv, b.csv, c.csv, none.csv]\n  model.hidden_units: [[2], [4]]\n"
    )
    assert refusal(tmp_path, text) == [
        "2:35: dataset.target: there is no column 'smoker' in b.csv; allowed: age, sex, smokes, charges; "
        "did you mean 'smokes'? (in the setting path \"{}/b.csv\", hidden_units [2] and 1 more)",
        "17:35: sweep.dataset.path[2]: {}/c.csv: row 3, column charges: the value is missing",
        "17:42: sweep.dataset.path[3]: {}/none.csv: there is no such file",
    ]


def test_a_candidate_does_not_hide_where_something_is_written(tmp_path):
    write_csv(tmp_path)
    text = OWN + "tune: {train.learning_rate: [0.1, 0.2], seeds: 1}\n"
    (line,) = refusal(tmp_path, text.replace("target: smoker", "target: smokr"))
    assert line.startswith("2:35: dataset.target: there is no column 'smokr'")


def test_of_a_config_that_is_an_object_the_key_is_told(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "c.yaml").write_text(OWN.replace("target: smoker", "target: smokr"))
    with pytest.raises(DataError) as caught:
        check_data(load_source(load_source(tmp_path / "c.yaml").config))
    assert str(caught.value).startswith("config: dataset.target[0]: there is no column 'smokr'")


def test_a_test_table_that_does_not_fit_is_told_at_its_own_key(tmp_path):
    write_csv(tmp_path)
    text = OWN.replace("test: 0.2", "test_path: t.csv")
    assert refusal(tmp_path, text) == ["2:54: dataset.test_path: {}/t.csv: there is no such file"]
    write_csv(tmp_path, CSV.replace("sex", "xes"), "t.csv")
    (line,) = refusal(tmp_path, text)
    assert line.startswith("2:54: dataset.test_path: there is no column 'sex' in t.csv; allowed: age, xes")


@pytest.mark.parametrize("targets", ["", "targets: {charges: {loss: mse}}\n"])
def test_a_swept_target_that_the_data_lacks_is_told_where_it_is_swept(tmp_path, targets):
    write_csv(tmp_path)
    text = OWN.replace("smoker", "[charges, smoker]") + f"{targets}sweep: {{targets.z.weight: [1, 2]}}\n"
    [line] = refusal(tmp_path, text)
    assert line.endswith(": sweep.targets.z.weight: the data has no target 'z'; allowed: charges, smoker")


def test_a_test_set_that_is_no_table_is_refused_at_its_key(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "t.npz").write_bytes(b"PK")
    [line] = refusal(tmp_path, OWN.replace("test: 0.2", "test_path: t.npz"))
    assert "dataset.test_path: {}/t.npz: is no table; use a file of one of the formats csv, parquet" in line


def test_a_class_of_the_test_set_alone_is_told_at_the_key_of_the_test_set(tmp_path):
    write_csv(tmp_path)
    write_csv(tmp_path, CSV.replace(",male", ",other"), "t.csv")
    own = OWN.replace("test: 0.2", "test_path: t.csv").replace("target: smoker", "target: sex")
    [line] = refusal(tmp_path, own)
    assert "dataset.test_path: {}/t.csv: row " in line
    assert "sex is other, a class that the training set does not have" in line
