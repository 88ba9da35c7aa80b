"""The host itself: its processors, memory and identity."""

from __future__ import annotations

from virshpy.drivers.qemu.node.info import free_memory, host_uuid, hostname, node_info, sysinfo_xml

__all__ = ["free_memory", "host_uuid", "hostname", "node_info", "sysinfo_xml"]
