"""The command line: one file per verb, loaded when it is used, so that `--help` is quick.

Every failure leaves through `_Commands.invoke`: a message on standard error and an exit code.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

from actbench.cli._options import example
from actbench.errors import ActbenchError, ArgumentError, InputError, did_you_mean

_INTERRUPTED = 130  # the exit code that shells give to a command that Ctrl-C ended

_PIPE_CLOSED = 141  # the exit code that shells give to a command that SIGPIPE ended

_VERBS = {
    "run": "Train and time every activation of CONFIG, then print the report.",
    "plan": "Say how long CONFIG would run, and which differences it could show.",
    "report": "Print the tables of RUN, the newest by default.",
    "compare": "Say what changed from run OLD to run NEW, and fail if a limit is broken.",
    "verify": "Train some cells of RUN again and compare the scores.",
    "doctor": "Look at this machine and say how small a difference of time it can show.",
    "show": "Show what activations are: formula, properties, paper, numbers, curve.",
    "micro": "Time activations alone, forward and with their gradient, against a copy.",
    "validate": "Check configs, and the data that they name, without running them.",
    "list": "List what can be named: activations, datasets, runs.",
    "init": "Write a commented starter config for DATA after looking at it.",
    "schema": "Print the JSON Schema of configs, for editors.",
}


class _Commands(click.Group):
    """The verbs by name: `actbench <verb>` imports `actbench.cli.<verb>`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's signature
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 # same
        if cmd_name not in _VERBS:
            return None
        module = import_module(f"actbench.cli.{cmd_name}")
        command: click.Command = getattr(module, "command", None) or getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 # same
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _VERBS:
            allowed = f"allowed: {', '.join(_VERBS)}{did_you_mean(args[0], _VERBS)}"
            ctx.fail(f"{args[0]!r} is not a command; {allowed}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with _failures_as_exit_codes(ctx):
            result = super().invoke(ctx)
            sys.stdout.flush()
        return result


@contextmanager
def _failures_as_exit_codes(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except ActbenchError as error:
        # The lines of an InputError begin with file:line:column, where editors look for it.
        prefix = "" if isinstance(error, InputError) else "Error: "
        click.echo(f"{prefix}{_with_options(error)}", err=True)
        ctx.exit(error.exit_code)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        ctx.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader of the output has closed it. Without this, Python complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ctx.exit(_PIPE_CLOSED)
    except OSError as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(ActbenchError.exit_code)


# Arguments of the library that messages recommend, in backticks; the commands have options of these names.
_RECOMMENDED = re.compile(r"`(accept_environment|fail_on|fresh)`")


def _with_options(error: ActbenchError) -> str:
    """Return the message of an error with options in place of the arguments that it names."""
    message = error.message(_option(error.argument)) if isinstance(error, ArgumentError) else str(error)
    return _RECOMMENDED.sub(lambda match: _option(match[1]), message)


def _option(argument: str) -> str:
    return f"--{argument.replace('_', '-')}"


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"actbench {version('actbench')}")
        except PackageNotFoundError:
            click.echo("actbench, not installed")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=example("actbench run configs/mnist.yaml", "actbench report"),
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Which activation function, and at what cost?

    Paired seeds, interleaved timing, an error bar on every number.
    """
