"""Steps on network devices, by way of ip(8)."""

from __future__ import annotations

import fcntl
import os
import shlex
import struct

from virshpy import errors
from virshpy.host import processes
from virshpy.host.steps import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR, _IFF_MULTI_QUEUE = 0x0002, 0x1000, 0x4000, 0x0100


class Tap(Step, kind="tap/1"):
    """A tap device, optionally a port of a bridge; gone when undone. ``open()`` gives a queue of it to a process."""

    recorded = ("name",)

    def __init__(
        self, name: str, *, mac: str | None = None, bridge: str | None = None, mtu: int | None = None, queues: int = 1
    ) -> None:
        self.name = name
        self.mac = mac
        self.bridge = bridge
        self.mtu = mtu
        self.queues = queues

    def _argvs(self) -> list[list[str]]:
        device = ["ip", "tuntap", "add", "dev", self.name, "mode", "tap", "vnet_hdr"]
        if self.queues > 1:
            device.append("multi_queue")
        change = ["ip", "link", "set", "dev", self.name]
        if self.mac:
            change += ["address", self.mac]
        if self.mtu:
            change += ["mtu", str(self.mtu)]
        if self.bridge:
            change += ["master", self.bridge]
        return [device, [*change, "up"]]

    def do(self, note: Callable[[], None]) -> None:
        create, change = self._argvs()
        processes.run(create)
        try:
            processes.run(change)
        except errors.Error:
            self.undo()
            raise

    def undo(self) -> None:
        if os.path.exists(f"/sys/class/net/{self.name}"):
            processes.run(["ip", "link", "delete", "dev", self.name], check=False)

    def open(self) -> int:
        flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR | (_IFF_MULTI_QUEUE if self.queues > 1 else 0)
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", self.name.encode(), flags))
        except OSError as error:
            os.close(fd)
            raise errors.from_os_error(error, f"Unable to open tap device {self.name}") from None
        return fd

    def shown(self, key: str) -> str:
        return f"<descriptor of {self.name}>"

    def commands(self) -> list[str]:
        return [shlex.join(argv) for argv in self._argvs()]

    def undo_commands(self) -> list[str]:
        return [f"ip link delete dev {shlex.quote(self.name)}"]


def mtu_of(device: str) -> int | None:
    """The MTU of a network device, or None where there is none."""
    try:
        with open(f"/sys/class/net/{device}/mtu") as file:
            return int(file.read())
    except OSError:
        return None
