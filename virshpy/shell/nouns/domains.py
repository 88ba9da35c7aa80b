"""Domains as a kind of object: what they have in common with the others."""

from __future__ import annotations

from virshpy.shell.lang.types import DomainType
from virshpy.shell.nouns.noun import Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain

domain = Noun("", "domain", DomainType, "domain '{name}'", example="web")


def title_of(domain: Domain) -> str:
    """A domain's title; empty where it has none, or has gone meanwhile."""
    from virshpy.enums import MetadataType
    from virshpy.errors import NoDomain, NoDomainMetadata

    try:
        return domain.metadata(MetadataType.TITLE)
    except (NoDomain, NoDomainMetadata):
        return ""
