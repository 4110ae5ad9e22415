"""What the machine is like and how small a difference of time it can show, found by timing a placebo."""

from actbench.doctor.examination import EXTRAPOLATED_SEEDS, DoctorReport, Measurement, examine
from actbench.doctor.machine import BusyProcess, Machine

__all__ = ["EXTRAPOLATED_SEEDS", "BusyProcess", "DoctorReport", "Machine", "Measurement", "examine"]
