"""What standard output is: a terminal that somebody watches, or a file."""

import os
import shutil
import sys


def screen() -> tuple[int, bool]:
    """Width of standard output, and whether it may show bold; 80 columns where it is no terminal."""
    watched = sys.stdout.isatty()
    return (shutil.get_terminal_size().columns if watched else 80), watched and "NO_COLOR" not in os.environ
