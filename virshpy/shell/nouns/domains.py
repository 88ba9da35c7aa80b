"""Domains as a kind of object: what they have in common with the others."""

from __future__ import annotations

from virshpy.shell.lang.types import DomainType
from virshpy.shell.nouns.noun import Noun

domain = Noun("", "domain", DomainType, "domain '{name}'", example="web")
