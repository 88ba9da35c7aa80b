"""CHANGELOG.md and the version, which stands in one place, are about the same release."""

from __future__ import annotations

import re
from pathlib import Path

from virshpy import __version__

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def test_first_heading_is_this_version() -> None:
    headings = re.findall(r"^## (.*)$", CHANGELOG.read_text(), re.MULTILINE)
    assert headings
    for heading in headings:
        assert re.fullmatch(r"\d+\.\d+\.\d+ – (unreleased|\d{4}-\d{2}-\d{2})", heading)
    assert headings[0].startswith(f"{__version__} – ")
    assert not any(heading.endswith("unreleased") for heading in headings[1:])
