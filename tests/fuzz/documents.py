"""Whole documents, to be damaged."""

from __future__ import annotations

from pathlib import Path

from tests.argv.documents import GOLDEN as LINES
from tests.xml.documents import GOLDEN, OTHERS


def within(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in sorted(folder.glob("*.xml"))]


def project() -> list[str]:
    """The project's own: guests."""
    return [path.read_text() for path in GOLDEN] + within(LINES)


def others() -> list[str]:
    """The project's own of all other kinds."""
    return [path.read_text() for path in OTHERS]
