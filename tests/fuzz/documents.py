"""Whole documents, to be damaged."""

from __future__ import annotations

from pathlib import Path

from tests.argv.documents import GOLDEN as LINES
from tests.xml.documents import GOLDEN


def within(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in sorted(folder.glob("*.xml"))]


def project() -> list[str]:
    """The project's own."""
    return [path.read_text() for path in GOLDEN] + within(LINES)
