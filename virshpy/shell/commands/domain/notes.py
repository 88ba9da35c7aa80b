"""What a user notes about a domain in its document: desc, metadata."""

from __future__ import annotations

from virshpy.shell.nouns.domains import domain

domain.notes()
