"""actbench plan: says before a run how long it takes and which differences it can show."""

from pathlib import Path

import click

from actbench.cli._options import example, out_option, sd_option, set_option, text_or_json_option


@click.command(
    epilog=example(
        "actbench plan configs/mnist.yaml", "actbench plan configs/mnist.yaml --set seeds=20 --sd 0.3%"
    )
)
@click.argument("config", type=click.Path(path_type=Path))
@set_option
@sd_option
@out_option
@text_or_json_option
def plan(config: Path, overrides: tuple[str, ...], sd: float | None, out: Path, form: str) -> None:
    """Say how long CONFIG would run, and which differences it could show.

    Trains nothing and writes nothing.
    """
    from actbench.report.plan import outline_to_json, outline_to_text
    from actbench.workflows.plan import make_outline

    outline = make_outline(config, overrides, out, sd=sd)
    click.echo(outline_to_json(outline) if form == "json" else outline_to_text(outline), nl=False)
