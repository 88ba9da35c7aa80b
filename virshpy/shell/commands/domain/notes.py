"""A user's notes in a domain's document: desc, metadata."""

from __future__ import annotations

from virshpy.shell.nouns.domains import domain

domain.notes()
