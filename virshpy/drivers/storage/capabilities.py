"""Which kinds of pools this host can have, with their formats (virConnectGetStoragePoolCapabilities)."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.storage.backends import backend_class
from virshpy.xml.storage import (
    DEFAULT_FORMATS,
    FORMATS,
    POOL_TYPES,
    Choice,
    DefaultFormat,
    Formats,
    PoolCapabilities,
    PoolSupport,
)
from virshpy.xml.volume import VOLUME_FORMATS


def capabilities() -> PoolCapabilities:
    return PoolCapabilities(pools=[_support(type) for type in POOL_TYPES.split()])


def _support(type: str) -> PoolSupport:
    return PoolSupport(
        type=type,
        supported=_is_there(type),
        pool_options=_formats("sourceFormatType", FORMATS.get(type, ""), DEFAULT_FORMATS.get(type, "")),
        volume_options=_formats("targetFormatType", VOLUME_FORMATS.get(type, ""), "raw"),
    )


def _is_there(type: str) -> bool:
    """Whether there is a backend, and all the programs that it runs."""
    try:
        backend_class(type).require_tools()
    except errors.Error:
        return False
    return True


def _formats(name: str, words: str, default: str) -> Formats | None:
    if not words:
        return None
    known = words.split()
    chosen = default if default in known else known[0]
    return Formats(default=DefaultFormat(type=chosen), enums=[Choice(name=name, values=known)])
