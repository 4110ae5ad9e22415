"""A first config for data that one has, written after looking at it."""

from actbench.starter.looking import Look, look
from actbench.starter.writing import write

__all__ = ["Look", "look", "write"]
