"""What a block measured, and on what machine: immutable, raw, versioned.

A record holds samples as they were taken. Averages, ratios and intervals are derived later, in `analysis`.
Times are seconds (`_s`), accuracies fractions 0 to 1, R² at most 1. A value that does not exist (a diverged
loss) is None, because NaN is not JSON.
"""

from actbench.records.block import BlockRecord, MicroSamples, Phases
from actbench.records.cell import Cell, Inference, Probe
from actbench.records.dataset import DatasetInfo, TargetInfo
from actbench.records.environment import Environment
from actbench.records.record import SCHEMA_VERSION, Record
from actbench.records.run import ActivationInfo, RunInfo, SettingInfo

__all__ = [
    "SCHEMA_VERSION",
    "ActivationInfo",
    "BlockRecord",
    "Cell",
    "DatasetInfo",
    "Environment",
    "Inference",
    "MicroSamples",
    "Phases",
    "Probe",
    "Record",
    "RunInfo",
    "SettingInfo",
    "TargetInfo",
]
