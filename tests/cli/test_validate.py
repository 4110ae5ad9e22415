from click.testing import CliRunner

from actbench.cli._app import main
from tests.commands import actbench
from tests.config.configs import FINE


def validate(*args):
    return CliRunner().invoke(main, ["validate", *map(str, args)])


def test_a_fine_config_is_summed_up_on_standard_output():
    done = actbench("validate", "configs/mnist.yaml", "configs/smoke.yaml")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout == (
        "configs/mnist.yaml: fine: 13 activations + placebo, 10 seeds, 1 setting, 140 trainings\n"
        "configs/smoke.yaml: fine: 3 activations + placebo, 2 seeds, 1 setting, 8 trainings\n"
    )


def test_one_of_each():
    done = validate(
        "configs/smoke.yaml", "--set", "activations=[relu]", "--set", "seeds=1", "--set", "placebo=false"
    )
    assert done.stdout == "configs/smoke.yaml: fine: 1 activation, 1 seed, 1 setting, 1 training\n"


def test_all_mistakes_of_all_configs_are_on_standard_error(tmp_path):
    fine, bad, none = tmp_path / "fine.yaml", tmp_path / "bad.yaml", tmp_path / "none.yaml"
    fine.write_text(FINE)
    bad.write_text(FINE.replace("epochs: 5", "epochs: true").replace("seeds: 3", "seeds: 0"))
    done = validate(bad, none, fine)
    assert done.exit_code == 2
    assert done.stdout == f"{fine}: fine: 3 activations + placebo, 3 seeds, 1 setting, 12 trainings\n"
    assert done.stderr.splitlines() == [
        f"{bad}:14:11: train.epochs: true is not a whole number; allowed: 1 to 1000000",
        f"{bad}:15:8: seeds: 0 is neither a count nor a list; "
        "allowed: 1 to 10000, or a list such as [0, 1, 2]",
        f"{none}: there is no such file; use the path of a YAML file",
    ]


def test_a_wrong_override_is_exit_code_2():
    done = validate("configs/smoke.yaml", "--set", "train.epochs=none")
    assert done.exit_code == 2
    assert done.stderr.startswith("--set train.epochs: 'none' is not a whole number")


def test_no_config_is_a_usage_error():
    assert validate().exit_code == 2
