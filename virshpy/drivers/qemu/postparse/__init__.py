"""What libvirt adds to a document when it is defined, and what it refuses then."""

from __future__ import annotations

from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.postparse.complete import postparse
from virshpy.drivers.qemu.postparse.context import Context
from virshpy.drivers.qemu.postparse.firmware import resolve_firmware
from virshpy.drivers.qemu.postparse.validate import validate

__all__ = ["Context", "assign_aliases", "postparse", "resolve_firmware", "validate"]
