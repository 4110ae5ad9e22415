"""What Linux tells in its file trees, read so that a missing file is an unknown fact and never an error."""

from pathlib import Path


def text(path: Path) -> str | None:
    """The content without surrounding white space; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: Path) -> int | None:
    """The content as a whole number; None where it is none, such as "max"."""
    try:
        return int(text(path) or "")
    except ValueError:
        return None


def table(path: Path) -> dict[str, str]:
    """Lines such as "MemTotal: 24684084 kB" by their first word, without its colon; none where unreadable."""
    lines = (line.split(maxsplit=1) for line in (text(path) or "").splitlines())
    return {words[0].rstrip(":"): words[1] for words in lines if len(words) == 2}
