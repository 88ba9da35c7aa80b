"""The host itself: its processors, memory and identity."""

from __future__ import annotations

from virshpy.drivers.qemu.node.identity import host_uuid, hostname, node_info, sysinfo_xml
from virshpy.drivers.qemu.node.memory import free_memory

__all__ = ["free_memory", "host_uuid", "hostname", "node_info", "sysinfo_xml"]
