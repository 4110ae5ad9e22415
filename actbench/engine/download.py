"""The download of one of Keras's datasets into its cache: `python -m actbench.engine.download NAME`.

It has a process of its own, because importing Keras takes seconds that no other command should pay for.
"""

import importlib
import socket
import sys

_SILENCE_S = 30.0  # a server that sends nothing for so long is given up


def main(name: str) -> int:
    """Download the dataset; a failure is the last line on standard output, after Keras's own progress.

    Args:
        name: A module of `keras.datasets`.

    Returns:
        The exit status: 0, or 1 for a failure.
    """
    socket.setdefaulttimeout(_SILENCE_S)
    dataset = importlib.import_module(f"keras.datasets.{name}")
    try:
        dataset.load_data()
    except Exception as error:  # Keras raises Exception itself
        sys.stdout.write(f"\n{error}".replace("\r", "\n"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
