"""actbench schema: prints the JSON Schema of configs."""

import click

from actbench.cli._options import example


@click.command(epilog=example("actbench schema > configs/schema.json"))
def schema() -> None:
    """Print the JSON Schema of configs, for editors.

    A config names it in its first line: # yaml-language-server: $schema=schema.json
    """
    import json

    from actbench.config.schema.bench import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
