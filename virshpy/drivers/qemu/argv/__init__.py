"""A guest's command line: a pure function of its document, QEMU's capabilities and what was decided at start."""

from __future__ import annotations

from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.native import domxml_to_native
from virshpy.drivers.qemu.argv.runtime import CommandLine, Descriptor, FileUse, Runtime
from virshpy.drivers.qemu.argv.settings import settings

__all__ = ["CommandLine", "Descriptor", "FileUse", "Runtime", "command_line", "domxml_to_native", "settings"]
