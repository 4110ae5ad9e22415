"""The report of `actbench verify`: a table of the cells that were trained again, and the conclusion."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from actbench.report.document import Column, Document, DocumentSection, Table
from actbench.report.renderers.terminal import to_terminal

if TYPE_CHECKING:
    from actbench.analysis.verification import Verification
    from actbench.report.formatting import FigureKind


def verification_to_json(verification: Verification) -> str:
    """Return a verification as one JSON object; figures that do not exist are null."""
    value = {
        "run": {"run_id": verification.run_id, "path": str(verification.path)},
        "tolerance": verification.tolerance,
        "result": verification.result,
        "conclusion": verification.conclusion,
        "cells": [asdict(check) for check in verification.checks],
        "changes": [
            {"name": name, "recorded": recorded, "now": now} for name, recorded, now in verification.changes
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def verification_to_text(verification: Verification, width: int = 80, color: bool = False) -> str:
    """Return a verification as a terminal shows it.

    Args:
        verification: From `verify_run`.
        width: Columns of the terminal.
        color: True if the terminal may show bold and dim text.
    """
    changes = tuple((name, f"{recorded} recorded, {now} now") for name, recorded, now in verification.changes)
    document = Document(
        title=f"verify {verification.path}",
        facts=(),
        sections=(
            DocumentSection("Trained again", (), (_trainings(verification),)),
            DocumentSection(
                "Changed since", changes or (("nothing", "that is recorded of the environment"),), ()
            ),
        ),
        notes=(),
    )
    return f"{to_terminal(document, width, color)}{verification.conclusion}\n"


def _trainings(verification: Verification) -> Table:
    kind: FigureKind = "percent" if verification.percent else "score"
    unit = ", %" if verification.percent else ""
    columns = (
        Column("activation", "text"),
        Column("setting", "text"),
        Column("seed", "count"),
        Column(f"recorded{unit}", kind),
        Column(f"again{unit}", kind),
        Column("result", "text"),
    )
    rows = tuple(
        (
            check.activation,
            verification.names[check.setting],
            check.seed,
            "diverged" if check.recorded is None else check.recorded,
            "diverged" if check.again is None and check.result != "failed" else check.again,
            check.result,
        )
        for check in verification.checks
    )
    differing = Counter(check.differing for check in verification.checks if check.differing)
    notes = (f"{cells} of these differ in {', '.join(names)}" for names, cells in differing.items())
    return Table(f"Test {verification.scores_in_words}", columns, rows, tuple(notes))
