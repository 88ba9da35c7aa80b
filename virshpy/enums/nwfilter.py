"""Numbers about network filters."""

from __future__ import annotations

from virshpy.enums.numbers import IntFlag


class NWFilterDefineFlags(IntFlag):
    """virNWFilterDefineFlags"""

    VALIDATE = 1


class NWFilterBindingCreateFlags(IntFlag):
    """virNWFilterBindingCreateFlags"""

    VALIDATE = 1
