import sys

import pytest

from actbench.activations.source import SourceError, find_function_source

MODULE = '''\
"""A module that must not be run."""
import math as m
from pathlib import Path

Path("{path}").write_text("it was run")

SCALE = 2.0


def helper(x):
    return SCALE * x


def mine(x):
    return helper(x) + m.pi


def unrelated(x):
    return x
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that writes the module with some text replaced and finds a function in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    trace = tmp_path / "trace"

    def change(*replacements, function="mine"):
        text = MODULE.format(path=trace)
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "my_functions_of_test_source.py").write_text(text)
        found = find_function_source(f"my_functions_of_test_source:{function}")
        assert not trace.exists()
        return found

    return change


def test_the_current_folder_is_searched_and_nothing_is_run(module, tmp_path):
    source = module()
    assert (source.module, source.function) == ("my_functions_of_test_source", "mine")
    assert source.path == tmp_path / "my_functions_of_test_source.py"
    assert len(source.sha256) == 64
    assert "my_functions_of_test_source" not in sys.modules


@pytest.mark.parametrize(
    "change",
    [
        ("return helper(x) + m.pi", "return helper( x ) + m.pi  # a comment"),
        ("def helper(x):", "\n\n# about it\ndef helper(x):"),
        ("def unrelated(x):\n    return x", "def unrelated(x):\n    return -x"),
        ('"""A module that must not be run."""', '"""Other words."""'),
    ],
)
def test_comments_layout_and_what_is_not_used_do_not_count(module, change):
    assert module().sha256 == module(change).sha256


@pytest.mark.parametrize(
    "change",
    [
        ("return helper(x) + m.pi", "return helper(x) - m.pi"),
        ("return SCALE * x", "return SCALE + x"),
        ("SCALE = 2.0", "SCALE = 3.0"),
        ("import math as m", "import cmath as m"),
    ],
)
def test_what_is_used_counts_however_indirectly(module, change):
    assert module().sha256 != module(change).sha256


def test_a_definition_inside_an_if_is_found(module):
    source = module(("SCALE = 2.0", "if True:\n    SCALE = 2.0\nelse:\n    SCALE = 1.0"))
    assert source.sha256 != module().sha256


def test_a_missing_function_is_guessed(module):
    with pytest.raises(SourceError, match=r"has no 'mind' at its top level; did you mean 'mine'\?"):
        module(function="mind")


def test_a_module_that_is_no_python_is_named(module, tmp_path):
    with pytest.raises(
        SourceError, match=r"the module my_functions_of_test_source cannot be read: .*invalid syntax"
    ):
        module(("return SCALE * x", "return SCALE *"))


@pytest.mark.parametrize(
    "reference", ["", ":", "a:", ":b", "a.b", "a:b:c", "a b:c", "../a:b", "a..b:c", "a:b()"]
)
def test_what_is_no_reference_is_refused(reference):
    with pytest.raises(
        SourceError, match=r"is not a reference to a function; write package\.module:function"
    ):
        find_function_source(reference)


def test_installed_packages_come_before_the_current_folder(module, tmp_path):
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "__init__.py").write_text("def dumps(): pass\n")
    assert tmp_path not in find_function_source("json:dumps").path.parents


def test_an_attribute_of_a_package_is_looked_up_in_its_file():
    assert find_function_source("actbench.activations.source:find_function_source").path.parts[-2:] == (
        "activations",
        "source.py",
    )


def test_what_a_module_only_passes_on_is_looked_up_where_it_is_defined():
    source = find_function_source("keras.ops:silu")
    assert (source.module, source.path.name) == ("keras.src.ops.nn", "nn.py")
    assert source.sha256 == find_function_source("keras.src.ops.nn:silu").sha256


def test_a_package_that_passes_a_function_on_by_a_relative_name(module, tmp_path):
    defined = module()
    package = tmp_path / "package_of_test_source"
    package.mkdir()
    (package / "inner.py").write_text(defined.path.read_text())
    (package / "__init__.py").write_text("from .inner import mine as passed_on\n")
    found = find_function_source("package_of_test_source:passed_on")
    assert (found.module, found.function) == ("package_of_test_source.inner", "mine")
    assert found.sha256 == defined.sha256


@pytest.mark.parametrize(
    "change",
    [
        'TABLE = {}\nTABLE["a"] = 1.0',
        "class Box: k = 1.0\nBox.k = 2.0",
        "def choose():\n    global SCALE\n    SCALE = 1.0\nchoose()",
    ],
    ids=["subscript", "attribute", "global"],
)
def test_whatever_the_module_runs_when_it_is_imported_counts(module, change):
    before = module(("SCALE = 2.0", f"SCALE = 2.0\n{change}"))
    assert module(("SCALE = 2.0", f"SCALE = 2.0\n{change.replace('1.0', '3.0')}")).sha256 != before.sha256


def test_a_module_nested_too_deep_is_named(module):
    with pytest.raises(SourceError, match=r"my_functions_of_test_source cannot be read: .* too deep"):
        module(("return SCALE * x", f"return {' + '.join(['x'] * 20_000)}"))
