"""The declaration of an output format: one function, of the document or of the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actbench.report.document import Document
    from actbench.report.view import Report


@dataclass(frozen=True, kw_only=True)
class Renderer:
    """An output format: one of two functions. It has the name that it is registered under.

    Attributes:
        document: Return a document, with its rounded figures, as text that ends with a newline. The other
            arguments are the columns of the terminal, and True for bold and dim text; files need neither.
        figures: Return the unrounded figures of one table, or of "all", as text that ends with a newline.
    """

    document: Callable[[Document, int, bool], str] | None = None
    figures: Callable[[Report, str], str] | None = None

    def __post_init__(self) -> None:
        """Refuse a declaration that says nothing, or two things.

        Raises:
            ValueError: Not exactly one function is given.
        """
        if (self.document is None) == (self.figures is None):
            raise ValueError("a renderer has either document or figures")
