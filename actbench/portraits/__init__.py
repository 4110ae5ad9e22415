"""What one activation looks like: its properties, its numbers, its curve."""

from actbench.portraits.portrait import Portrait, paint
from actbench.portraits.render import as_objects, chart_of, to_text

__all__ = ["Portrait", "as_objects", "chart_of", "paint", "to_text"]
