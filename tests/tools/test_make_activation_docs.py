import importlib.util
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from actbench.activations.catalogue import ACTIVATION_NAMES, ACTIVATIONS
from actbench.cli._app import main
from actbench.config.loader import parse_config

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "activations.md"
FIGURES = ROOT / "docs" / "activations"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location(
        "make_activation_docs", ROOT / "tools" / "make_activation_docs.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def families(tool):
    return tool.load_families()


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_current(tool, families, page):
    assert page == tool.render_page(families), "run: python tools/make_activation_docs.py"


def test_the_figures_are_current(tool, families):
    drawn = tool.make_charts(families)
    assert sorted(drawn) == sorted(path.name for path in FIGURES.iterdir())
    for name, charts in drawn.items():
        svg = (FIGURES / name).read_text(encoding="utf-8")
        assert tool.fingerprint(charts) in svg, "run: python tools/make_activation_docs.py"


def test_a_fingerprint_changes_with_what_is_drawn(tool, families):
    marks = {tool.fingerprint(charts) for charts in tool.make_charts(families).values()}
    assert len(marks) == len(list(FIGURES.iterdir()))
    [first, *others] = tool.make_charts(families)["shrinkage.svg"]
    assert tool.fingerprint([first]) != tool.fingerprint([first, *others])


def test_everything_in_the_catalogue_has_a_row_and_a_section(page):
    assert set(re.findall(r"^### (\w+)$", page, flags=re.MULTILINE)) == set(ACTIVATIONS)
    rows = re.findall(r"^\| \[`(\w+)`\]\(#(\w+)\)((?:, `\w+`)*) \|", page, flags=re.MULTILINE)
    assert [name for name, _, _ in rows] == [anchor for _, anchor, _ in rows]
    named = {name for row in rows for name in (row[0], *re.findall(r"\w+", row[2]))}
    assert named == set(ACTIVATION_NAMES)


def test_the_figures_are_where_the_page_says(page):
    shown = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", page)
    assert sorted(shown) == sorted(f"activations/{path.name}" for path in FIGURES.iterdir())


def test_tables_are_whole(page):
    for block in re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}
        assert len(widths) == 1, block


def test_formulas_are_as_github_can_show_them(page):
    blocks = re.findall(r"```math\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == len(ACTIVATIONS)
    for block in blocks:
        assert "operatorname" not in block
        for left, right in ((r"\left", r"\right"), (r"\begin", r"\end"), ("{", "}")):
            assert block.count(left) == block.count(right), block


def test_nothing_is_left_of_the_template(page):
    assert "{{" not in page


def snippets():
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("snippet", snippets())
def test_the_configs_of_the_page_are_fine(snippet, tmp_path, monkeypatch):
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "functions.py").write_text("def my_function(x, slope):\n    return slope * x\n")
    monkeypatch.chdir(tmp_path)
    first = re.search(r"activations:\W+(\w+)", snippet)[1]
    rest = {
        "model": "{hidden_units: [128]}",
        "name": "a",
        "dataset": "{name: mnist, validation: 5000}",
        "baseline": first,
        "seeds": "2",
        "train": "{optimizer: adam, learning_rate: 0.001, batch_size: 128, epochs: 1}",
    }
    missing = [f"{key}: {value}" for key, value in rest.items() if f"{key}: {{hidden" not in snippet]
    assert len(parse_config("\n".join([snippet, *missing]), "page").activations) >= 2


def test_the_tool_writes_everything_anew_and_leaves_what_is_current(tool, tmp_path, capsys):
    assert tool.main(tmp_path) == 0
    assert (tmp_path / "activations.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
    written = {path.name: path for path in (tmp_path / "activations").iterdir()}
    assert sorted(written) == sorted(path.name for path in FIGURES.iterdir())
    assert len(capsys.readouterr().out.splitlines()) == len(written)

    kept = written["shrinkage.svg"].read_text() + "<!-- drawn by another version -->"
    written["shrinkage.svg"].write_text(kept)
    written["parametric.svg"].write_text("of other data")
    (tmp_path / "activations" / "gone.svg").touch()
    assert tool.main(tmp_path) == 0
    assert written["shrinkage.svg"].read_text() == kept
    assert capsys.readouterr().out.split() == [str(written["parametric.svg"])]
    assert sorted(path.name for path in (tmp_path / "activations").iterdir()) == sorted(written)


def test_show_says_what_the_page_says(page):
    shown = CliRunner().invoke(main, ["show", "mish"]).stdout
    formula = re.search(r"formula +(.*)", shown)[1]
    assert "### mish\n" in page
    assert f"As text: `{formula}`" in page
