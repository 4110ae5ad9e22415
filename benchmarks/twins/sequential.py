"""All slices of relu, then all of its twin, as a blog post would time them; prints the seconds as JSON."""

import json
import time
from collections.abc import Callable

from slices import slices


def seconds(run: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps({label: [seconds(run) for run in slices(label)] for label in ("relu", "placebo")}))
