"""What one activation looks like: its properties, its numbers, its curve."""

from actbench.portraits.document import to_document
from actbench.portraits.pictures import curves, panels
from actbench.portraits.plain import as_objects
from actbench.portraits.portrait import Portrait, paint

__all__ = ["Portrait", "as_objects", "curves", "paint", "panels", "to_document"]
