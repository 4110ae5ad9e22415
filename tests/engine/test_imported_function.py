"""Functions of the user's in the worker: what is refused, and in which words."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from actbench.engine.imported_function import import_function
from actbench.errors import DataError

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

HERE = "tests.engine.imports"
ROOT = Path(__file__).parents[2]


def test_a_function_is_imported_with_its_parameters():
    import tensorflow as tf

    x = tf.constant([[0.5, -1.0]])
    np.testing.assert_allclose(
        import_function(f"{HERE}:scaled", {"scale": 2.0})(x), 2 * np.tanh(x), rtol=1e-6
    )
    assert import_function(f"{HERE}:plain_tensorflow", {})(x).shape == (1, 2)


@pytest.mark.parametrize(
    ("function", "params", "words"),
    [
        ("raises", {}, "calling it on a tensor failed: RuntimeError: no EagerTensor today"),
        (
            "scaled",
            {"size": 2.0},
            "calling it on a tensor failed: TypeError: .*unexpected keyword argument 'size'",
        ),
        (
            "one_number",
            {},
            r"for a float32 tensor of shape \(3, 4\) it returns shape \(\) and type float32",
        ),
        ("whole_numbers", {}, r"it returns shape \(3, 4\) and type int32; return the same shape and type"),
        ("no_gradient", {}, "it has no gradient; use operations that TensorFlow differentiates"),
        ("no_tensor", {}, "it returns a str; return a tensor"),
        ("NO_FUNCTION", {}, "NO_FUNCTION is a int; use a function"),
        ("ends_the_process", {}, "calling it on a tensor failed: SystemExit: 3"),
        ("branches", {}, "compiling it with XLA failed: "),
        ("of_three_rows", {}, "compiling it with XLA failed: "),
        ("in_python", {}, "compiling it with XLA failed: "),
        ("missing", {}, "has no 'missing' at its top level"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(function, params, words):
    with pytest.raises(DataError, match=f"^{re.escape(HERE)}:{function}: .*{words}"):
        import_function(f"{HERE}:{function}", params)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("raise OSError('no disk')", "OSError: no disk"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
    ],
)
def test_a_module_that_fails_is_named_with_its_error(tmp_path, monkeypatch, statement, words):
    module = f"broken_{words.partition(':')[0]}"  # the folder of an earlier one is still on the path
    (tmp_path / f"{module}.py").write_text(f"def f(x): return x\n{statement}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=f"the module {module} cannot be imported: {words}"):
        import_function(f"{module}:f", {})


def test_a_source_that_has_changed_since_the_plan_is_refused():
    with pytest.raises(
        DataError, match=r"has changed since the run was planned; run again: a changed function is"
    ):
        import_function(f"{HERE}:scaled", {}, "0" * 64)


CONFIG = """\
name: own
dataset: {{name: mnist, train_samples: 192, test_samples: 100, validation: 0}}
model: {{hidden_units: [8], init: moment_matched}}
activations:
  - relu
  - {{import: "own_functions:{function}", label: mine}}
  - {{expr: "x * sigmoid(b * x)", params: {{b: 1.0}}, trainable: true, label: learned}}
baseline: relu
placebo: false
probes: false
train: {{optimizer: adam, learning_rate: 0.001, batch_size: 32, epochs: 1}}
seeds: 1
timing: {{inference_batch_sizes: []}}
"""
FUNCTIONS = """\
import keras

def mine(x):
    return x * keras.ops.sigmoid(x)

def failing(x):
    raise ValueError("not today")
"""


@pytest.fixture
def actbench(tmp_path):
    (tmp_path / "own_functions.py").write_text(FUNCTIONS)

    def run(*arguments, function="mine"):
        (tmp_path / "own.yaml").write_text(CONFIG.format(function=function))
        command = [sys.executable, "-m", "actbench", *arguments]
        environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_a_run_of_ones_own_from_the_current_folder(actbench, tmp_path):
    done = actbench("run", "own.yaml", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("import own_functions:mine, source ", "x * sigmoid(b * x), b 1, trained", "moment_matched"):
        assert words in " ".join(done.stdout.split())
    [run] = (tmp_path / "results" / "own").iterdir()
    assert f"own/{run.name}\n" in actbench("plan", "own.yaml").stdout
    # a changed function is another cell, and so another run
    text = FUNCTIONS.replace("keras.ops.sigmoid(x)", "keras.ops.tanh(x)")
    (tmp_path / "own_functions.py").write_text(text)
    assert f"own/{run.name}\n" not in actbench("plan", "own.yaml").stdout
    refused = actbench("verify", str(run))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "mine: the source of own_functions:mine is not what the run was trained with; "
        "verify with the source that it had then\n"
    )


def test_a_function_that_fails_ends_the_run_with_one_message(actbench):
    done = actbench("run", "own.yaml", "--quiet", function="failing")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == ("own_functions:failing: calling it on a tensor failed: ValueError: not today\n")


def test_validate_looks_without_running(actbench):
    done = actbench("validate", "own.yaml", function="mined")
    assert done.returncode == 2
    assert done.stderr.endswith("has no 'mined' at its top level; did you mean 'mine'?\n")
    assert done.stderr.startswith("own.yaml:6:")
