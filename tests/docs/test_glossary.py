"""The words of docs/glossary.md: each term is used, and the words that it replaces are in no command's declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from virshpy.shell.lang import registry
from virshpy.shell.lang.vocabulary import ERROR, KEYS

ROOT = Path(__file__).parents[2]


def _rows() -> Iterator[tuple[str, list[str]]]:
    """(term, words that are not used for it)"""
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[-1] != "Not":
            yield cells[0], [word.strip() for word in cells[-1].split(",") if word.strip()]


def declared() -> Iterator[tuple[str, str]]:
    """(where, text) of everything that a declaration says to people."""
    for name in registry.names():
        command = registry.find_known(name)
        yield name, command.summary
        yield name, " ".join(command.description.split())
        yield from ((f"{name} --{option.name}", option.help) for option in command.options)
        yield from ((line, meaning) for line, meaning in command.examples)
    for keys in (KEYS, ERROR):
        yield from ((key, text) for key, (_, text) in keys.items())


TEXTS = list(declared())
ROWS = list(_rows())


def test_there_are_terms_and_texts() -> None:
    assert len(ROWS) > 15 and len(TEXTS) > 1000


@pytest.mark.parametrize("word", [word for _, words in ROWS for word in words])
def test_replaced_words_are_not_used(word: str) -> None:
    pattern = re.compile(rf"(?<!at )\b{re.escape(word)}s?\b", re.IGNORECASE)
    assert not [f"{where}: {text}" for where, text in TEXTS if pattern.search(text)]


def test_the_terms_are_used() -> None:
    pages = [page.read_text() for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if page.name != "glossary.md"]
    written = " ".join([*pages, *(text for _, text in TEXTS)]).casefold()
    said = [word for term, _ in ROWS for word in term.split(", ") if word not in ("N seconds",)]
    assert not [word for word in said if not re.search(rf"\b{re.escape(word.casefold())}", written)]
