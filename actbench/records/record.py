"""The base of all records, and their version."""

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 4


class Record(BaseModel):
    """Base of everything that is written to disk."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
