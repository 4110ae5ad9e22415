#!/usr/bin/env python3
"""Draw docs/report.png: the HTML report of the shipped reference run, as a browser shows it.

Needs Chromium or Chrome, named by the environment variable CHROMIUM or found on the path:

    python -m tools.make_report_picture
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUN = ROOT / "results" / "reference" / "mnist"
PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT = 960, 1560
"""Pixels that hold the facts and the tables of accuracy and training time, and no more."""

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = (
    "--headless",
    "--no-sandbox",  # which a container's root cannot have; the page is our own
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    f"--window-size={WIDTH},{HEIGHT}",
)


def find_browser() -> str:
    """Return the path of the browser to draw with.

    Raises:
        SystemExit: There is no browser.
    """
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, (named,) if named else _BROWSERS)), None)
    if found is None:
        sys.exit(f"no browser found: install one of {', '.join(_BROWSERS)}, or name one with CHROMIUM=PATH")
    return found


def write_page(folder: Path) -> Path:
    """Write the report of the reference run as HTML into a folder, and return its path."""
    page = folder / "report.html"
    command = [
        sys.executable,
        "-m",
        "actbench",
        "report",
        str(RUN),
        "--format",
        "html",
        "--output",
        str(page),
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    return page


def main() -> None:
    """Draw the picture."""
    browser = find_browser()
    with tempfile.TemporaryDirectory() as folder:
        page = write_page(Path(folder))
        options = (*_OPTIONS, f"--user-data-dir={folder}/profile", f"--screenshot={PICTURE}")
        subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True)
    print(f"{PICTURE.relative_to(ROOT)}: {WIDTH} x {HEIGHT}")


if __name__ == "__main__":
    main()
