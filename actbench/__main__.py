"""`python -m actbench`: the same as the command `actbench`."""

from actbench.cli._app import main

main(prog_name="actbench")
