"""PyYAML's events, typed, with one exception for all that PyYAML raises."""

import yaml


class NotYamlError(Exception):
    """The text is not YAML.

    Attributes:
        line, column: Where, from 0.
        message: What is wrong.
    """

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.message = message


class Events:
    """A text as a stream of events, parsed no further than asked for.

    Raises:
        NotYamlError: Here, and in every method.
    """

    def __init__(self, text: str) -> None:
        try:
            self._loader = yaml.SafeLoader(text)
        except yaml.reader.ReaderError as error:
            before = text[: error.position]
            column = len(before) - before.rfind("\n") - 1
            character = f"the character U+{ord(text[error.position]):04X}"
            raise NotYamlError(before.count("\n"), column, f"{character} is not allowed in YAML") from None

    def peek(self) -> yaml.Event:
        """The next event, which stays."""
        try:
            event: yaml.Event = self._loader.peek_event()  # type: ignore[no-untyped-call]
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark or self._loader.get_mark()
            raise NotYamlError(mark.line, mark.column, _explain(error)) from None
        except (ValueError, OverflowError) as error:
            # PyYAML does not bound the numbers in escapes and directives
            mark = self._loader.get_mark()
            raise NotYamlError(mark.line, mark.column, f"cannot be read as YAML: {error}") from None
        return event

    def take(self) -> yaml.Event:
        """The next event."""
        event = self.peek()
        self._loader.get_event()  # type: ignore[no-untyped-call]
        return event


def position(event: yaml.Event) -> tuple[int, int]:
    """Line and column of an event, from 0."""
    mark = event.start_mark
    return (mark.line, mark.column) if mark else (0, 0)


def span(event: yaml.Event) -> tuple[int, int]:
    """Where an event begins and ends, in characters of the text."""
    assert event.start_mark is not None
    assert event.end_mark is not None
    return event.start_mark.index, event.end_mark.index


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = f"cannot be read as YAML: {error.problem or error.context}"
    if error.context is None or error.context_mark is None:
        return problem
    mark = error.context_mark
    return f"{problem} ({error.context} that begins at line {mark.line + 1}, column {mark.column + 1})"
