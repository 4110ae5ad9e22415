"""Which format a path means, from its name alone."""

from typing import Literal

from actbench.datasets.wanted import Format

Known = Literal["idx", "npz", "csv", "parquet"]

SUFFIXES: dict[str, Known] = {
    ".npz": "npz",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def format_of(path: str, form: Format) -> Known | None:
    """The format that is stated, or that of the file's suffix; without a suffix it is a folder of IDX files.

    Returns:
        None where the suffix says nothing.
    """
    if form != "auto":
        return form
    name = path.rstrip("/").rpartition("/")[2].lower()
    for suffix, known in SUFFIXES.items():
        if name.endswith(suffix):
            return known
    return None if "." in name.lstrip(".") else "idx"
