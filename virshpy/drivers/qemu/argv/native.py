"""The text of `domxml-to-native qemu-argv`."""

from __future__ import annotations

import os
import re
from shlex import quote

from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.runtime import Runtime
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.postparse.complete import assign_addresses
from virshpy.drivers.qemu.postparse.context import Context
from virshpy.drivers.qemu.postparse.firmware import resolve_firmware

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain

_MONITOR = (
    "-chardev", "socket,id=charmonitor,path={dir}/monitor.sock,server=on,wait=off",
    "-mon", "chardev=charmonitor,id=monitor,mode=control",
)  # fmt: skip
_FIRST_DESCRIPTOR = 24


def domxml_to_native(domain: Domain, caps: QemuCaps, *, run_root: str = "/var/lib/libvirt/qemu", **host: Any) -> str:
    """The command line of a complete document as one line of text that a shell takes.

    Nothing is opened: file descriptors are only numbered, and every interface is a tap that somebody hands over, at an
    address that is given out anew. ``host`` is what :class:`Runtime` asks of the host.
    """
    domain = domain.copy()
    for interface in domain.devices.interfaces:
        if interface.type != "hostdev":
            interface.address = interface.boot = interface.acpi = interface.alias = None
    assign_addresses(domain, caps)
    resolve_firmware(domain, Context(nvram_dir=f"{run_root}/nvram"))
    assign_aliases(domain)
    short = (domain.name or "")[:20]
    home = f"{run_root}/domain--1-{short}"
    runtime = Runtime(
        run_dir=home,
        master_key=f"{home}/master-key.aes",
        monitor_words=[word.replace("{dir}", home.replace(",", ",,")) for word in _MONITOR],
        lifecycle_words=["-no-shutdown"],
        memory_dir=f"{run_root}/ram/-1-{short}",
        channel_dir=f"{run_root}/channel/target/domain--1-{short}",
        native=True,
        **host,
    )
    command = command_line(domain, caps, runtime)
    number = _FIRST_DESCRIPTOR - 1

    def next_number(_: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return str(number)

    words = [re.sub(r"\{fd:[^}]*\}", next_number, word) for word in command.argv]
    env = {"LC_ALL": "C", "PATH": os.environ.get("PATH", ""), **command.env}
    return " ".join([*(f"{name}={quote(value)}" for name, value in env.items()), *map(quote, words)])
