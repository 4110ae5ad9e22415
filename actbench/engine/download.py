"""Has Keras download one of its datasets into its cache: `python -m actbench.engine.download NAME`.

A process of its own, because importing Keras takes seconds that nobody else should pay for.
"""

import importlib
import socket
import sys

_SILENCE_S = 30.0  # of a server, before it is given up


def main(name: str) -> int:
    """Downloads; a failure is one line on standard output, which Keras fills with its progress otherwise.

    Returns:
        0, or 1 where it could not be done.
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
