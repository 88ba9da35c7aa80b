"""Domain documents for tests: small, and only what the test at hand is about."""

from __future__ import annotations

import uuid
from xml.sax.saxutils import escape

from kit.guest import Guest


def document(
    name: str,
    devices: str = "",
    *,
    guest: Guest | None = None,
    words: tuple[str, ...] = (),
    machine: str = "q35",
    memory: int = 128,
    policies: str = "",
    uid: str | None = None,
    more: str = "",
) -> str:
    """A domain of ``memory`` MiB; with ``guest`` it boots that kernel, whose command line gets ``words``."""
    boot = ""
    if guest is not None:
        cmdline = escape(guest.cmdline(*words))
        boot = f"<kernel>{guest.kernel}</kernel><initrd>{guest.initrd}</initrd><cmdline>{cmdline}</cmdline>"
    return f"""<domain type='qemu'>
  <name>{escape(name)}</name>
  <uuid>{uid or uuid.uuid4()}</uuid>
  <memory unit='MiB'>{memory}</memory>
  <os><type arch='x86_64' machine='{machine}'>hvm</type>{boot}</os>
  <features><acpi/></features>
  {policies}
  <devices>
    {devices}
    <memballoon model='none'/>
  </devices>
  {more}
</domain>
"""


def serial_to(path: object) -> str:
    """A serial port whose output is kept in a file."""
    return f"<serial type='file'><source path='{path}'/><target port='0'/></serial>"
