"""Modules by name: importlib's own function for it brings its package and warnings, 0.3 ms of every command."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def module(name: str) -> ModuleType:
    """The module of an absolute name. Raises ImportError."""
    __import__(name)
    return sys.modules[name]


def named(home: str) -> Any:
    """What ``module:name`` names. Raises ImportError, AttributeError."""
    place, _, name = home.partition(":")
    return getattr(module(place), name)
