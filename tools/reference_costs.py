"""Print the costs of the shipped reference run, for `REFERENCE` in actbench/execution/estimate.py.

An installed package has no results/ folder, so the figures are constants there. A test compares them with the
ledger.

    python -m tools.reference_costs
"""

from dataclasses import asdict
from pathlib import Path

from actbench.execution.estimate import Costs, derive_costs
from actbench.store.reading import open_run
from actbench.workflows.plan import settings_of

RUN = Path(__file__).parents[1] / "results" / "reference" / "mnist"


def reference_costs() -> Costs:
    """Return the costs of the reference run, rounded to three digits."""
    run = open_run(RUN)
    [setting] = settings_of(run.info)
    costs = derive_costs(setting, run.info.dataset[setting.id], run.records)
    assert costs is not None
    return Costs(**{name: float(f"{value:.3g}") for name, value in asdict(costs).items()})


if __name__ == "__main__":
    print(reference_costs())
