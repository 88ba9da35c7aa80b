"""Steps on network devices, by way of ip(8)."""

from __future__ import annotations

import fcntl
import os
import shlex
import stat
import struct

from virshpy import errors
from virshpy.host import links, processes
from virshpy.host.namespaces import HOST, Host
from virshpy.host.programs import program
from virshpy.host.steps import Step
from virshpy.host.steps.placed import Placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR, _IFF_MULTI_QUEUE = 0x0002, 0x1000, 0x4000, 0x0100


class Tap(Placed, kind="tap/1"):
    """A tap device, optionally a port of a bridge; gone when undone. ``open()`` gives a queue of it to a process.

    ``isolated``: other isolated ports do not reach it. ``behind`` is the one address that the bridge is to know there,
    and not to find out by itself.
    """

    recorded = ("name",)

    def __init__(
        self,
        name: str,
        *,
        mac: str | None = None,
        bridge: str | None = None,
        mtu: int | None = None,
        queues: int = 1,
        isolated: bool = False,
        behind: str | None = None,
    ) -> None:
        self.name = name
        self.mac = mac
        self.bridge = bridge
        self.mtu = mtu
        self.queues = queues
        self.isolated = isolated
        self.behind = behind

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
        port = ["isolated", "on"] if self.isolated else []
        if self.behind:
            port += ["learning", "off", "flood", "off"]
        lines = [["ip", "link", "set", "dev", self.name, "type", "bridge_slave", *port]] if port else []
        if self.behind:
            lines.append(["bridge", "fdb", "add", self.behind, "dev", self.name, "master", "temp"])
        return [device, [*change, "up"], *lines]

    def do(self, note: Callable[[], None]) -> None:
        _made(self, self._argvs(), self.where)

    def undo(self) -> None:
        _delete(self.name, self.where)

    def open(self) -> int:
        return self.where.opened(lambda: open_tap(self.name, many=self.queues > 1))

    def shown(self, key: str) -> str:
        return f"<descriptor of {self.name}>"

    def commands(self) -> list[str]:
        return self.shown_all([shlex.join(argv) for argv in self._argvs()])

    def undo_commands(self) -> list[str]:
        return self.shown_all([f"ip link delete dev {shlex.quote(self.name)}"])


class Macvtap(Step, kind="macvtap/1"):
    """A link of its own address on another one; gone when undone. ``open()`` gives a queue of it to a process.

    ``mode`` is libvirt's word. ``trusted``: it hears all multicast, whatever the guest asks for later.
    """

    recorded = ("name",)

    def __init__(self, name: str, lower: str, mode: str, mac: str, *, queues: int = 1, trusted: bool = False) -> None:
        self.name = name
        self.lower = lower
        self.mode = mode
        self.mac = mac
        self.queues = queues
        self.trusted = trusted

    def _argvs(self) -> list[list[str]]:
        mode = "passthru" if self.mode == "passthrough" else self.mode
        create = ["ip", "link", "add", "link", self.lower, "name", self.name, "address", self.mac]
        change = ["ip", "link", "set", "dev", self.name, *(["allmulticast", "on"] if self.trusted else []), "up"]
        return [[*create, "type", "macvtap", "mode", mode], change]

    def do(self, note: Callable[[], None]) -> None:
        _made(self, self._argvs())

    def undo(self) -> None:
        _delete(self.name)

    def open(self) -> int:
        return open_macvtap(self.name, many=self.queues > 1)

    def shown(self, key: str) -> str:
        return f"<descriptor of {self.name}>"

    def commands(self) -> list[str]:
        return [shlex.join(argv) for argv in self._argvs()]

    def undo_commands(self) -> list[str]:
        return [f"ip link delete dev {shlex.quote(self.name)}"]


class ExistingTap:
    """A tap or macvtap that its owner keeps, to be opened for a process."""

    def __init__(self, name: str, *, queues: int = 1) -> None:
        self.name = name
        self.queues = queues

    def open(self) -> int:
        opening = open_macvtap if links.tap_number(self.name) is not None else open_tap
        return opening(self.name, many=self.queues > 1)

    def release(self) -> None:
        """Nothing of it is held."""

    def shown(self, key: str) -> str:
        return f"<descriptor of {self.name}>"


class LinkSetting(Placed, kind="link-setting/1"):
    """Something that is set of a link, and what sets it back: both are lines of words for ip(8).

    Where the link has gone there is nothing to set back.
    """

    recorded = ("name", "back")

    def __init__(self, name: str, lines: Sequence[Sequence[str]], back: Sequence[Sequence[str]] = ()) -> None:
        self.name = name
        self.lines = [list(words) for words in lines]
        self.back = [list(words) for words in back]

    def do(self, note: Callable[[], None]) -> None:
        _made(self, [["ip", *words] for words in self.lines], self.where)

    def undo(self) -> None:
        if not self.where.gone and self.where.has(self.name):
            for words in self.back:
                self.where.run(["ip", *words], check=False)

    def commands(self) -> list[str]:
        return self.shown_all([shlex.join(["ip", *words]) for words in self.lines])

    def undo_commands(self) -> list[str]:
        return self.shown_all([shlex.join(["ip", *words]) for words in self.back])


class SwitchPort(Step, kind="ovs-port/1"):
    """A link as a port of an Open vSwitch bridge, with what the switch is told of it (``words`` for ovs-vsctl)."""

    recorded = ("name",)

    def __init__(self, name: str, words: Sequence[str]) -> None:
        self.name = name
        self.words = list(words)

    def do(self, note: Callable[[], None]) -> None:
        if not os.path.isabs(program("ovs-vsctl")):
            raise errors.InternalError(
                f"Unable to add port {self.name} to an Open vSwitch bridge: there is no ovs-vsctl",
                hint="apt install openvswitch-switch",
            )
        processes.run([program("ovs-vsctl"), "--timeout=5", *self.words])

    def undo(self) -> None:
        if os.path.isabs(program("ovs-vsctl")):
            processes.run(self._removal(), check=False)

    def _removal(self) -> list[str]:
        return [program("ovs-vsctl"), "--timeout=5", "--", "--if-exists", "del-port", self.name]

    def commands(self) -> list[str]:
        return [shlex.join(["ovs-vsctl", "--timeout=5", *self.words])]

    def undo_commands(self) -> list[str]:
        return [shlex.join(["ovs-vsctl", *self._removal()[1:]])]


class SwitchSetting(Step, kind="ovs-setting/1"):
    """Something that Open vSwitch is told of a port, and what takes it back: both are words for ovs-vsctl."""

    recorded = ("name", "back")

    def __init__(self, name: str, words: Sequence[str], back: Sequence[str]) -> None:
        self.name = name
        self.words = list(words)
        self.back = list(back)

    def do(self, note: Callable[[], None]) -> None:
        processes.run([program("ovs-vsctl"), "--timeout=5", *self.words])

    def undo(self) -> None:
        processes.run([program("ovs-vsctl"), "--timeout=5", *self.back], check=False)

    def commands(self) -> list[str]:
        return [shlex.join(["ovs-vsctl", "--timeout=5", *self.words])]

    def undo_commands(self) -> list[str]:
        return [shlex.join(["ovs-vsctl", "--timeout=5", *self.back])]


class LinkScripts(Step, kind="link-scripts/1"):
    """What a user's own programs do about a link: ``up`` when it is there, ``down`` before it goes. Each gets its name.

    A ``down`` that fails keeps nothing from ending; it is run once.
    """

    recorded = ("name", "down", "begun")
    _SECONDS = 30

    def __init__(self, name: str, up: str | None, down: str | None) -> None:
        self.name = name
        self.up = up
        self.down = down
        self.begun = False

    def do(self, note: Callable[[], None]) -> None:
        self.begun = True
        note()
        if self.up:
            processes.run([self.up, self.name], timeout=self._SECONDS, together=True)

    def undo(self) -> None:
        if self.down and self.begun:
            self.begun = False
            try:
                processes.run([self.down, self.name], timeout=self._SECONDS, check=False, together=True)
            except errors.Error:
                pass  # its own matter: the link goes, and so does the guest

    def commands(self) -> list[str]:
        return [shlex.join([self.up, self.name])] if self.up else []

    def undo_commands(self) -> list[str]:
        return [shlex.join([self.down, self.name])] if self.down else []


def _made(step: Step, lines: Sequence[Sequence[str]], where: Host = HOST) -> None:
    """Run the first line, and the others, of which none may fail without the step's being taken back."""
    first, *others = lines
    where.run(first)
    try:
        for words in others:
            where.run(words)
    except errors.Error:
        step.undo()
        raise


def _delete(name: str, where: Host = HOST) -> None:
    if not where.gone and where.has(name):
        where.run(["ip", "link", "delete", "dev", name], check=False)


def open_tap(name: str, *, many: bool = False) -> int:
    """A queue of a tap device. Raises SystemCallError."""
    return _queue("/dev/net/tun", name, many, f"Unable to open tap device {name}")


def open_macvtap(name: str, *, many: bool = False) -> int:
    """A queue of a macvtap, by its device node. Raises SystemCallError.

    Where the host's /dev has none (in a container), one is made for as long as it takes to open it. It is made there
    and not in a directory of ours, since those are on file systems that know no devices.
    """
    what = f"Unable to open macvtap device {name}"
    number, node = links.tap_number(name), f"/dev/tap{links.index(name)}"
    if number is None:
        raise errors.SystemCallError(f"{what}: No such device")
    try:
        if os.stat(node).st_rdev == number:
            return _queue(node, name, many, what)
    except FileNotFoundError:
        pass
    made = f"/dev/virshpy-{name}"
    try:
        if os.path.lexists(made):
            os.unlink(made)
        os.mknod(made, stat.S_IFCHR | 0o600, number)
    except OSError as error:
        raise errors.from_os_error(error, what) from None
    try:
        return _queue(made, name, many, what)
    finally:
        os.unlink(made)


def _queue(node: str, name: str, many: bool, complaint: str) -> int:
    flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR | (_IFF_MULTI_QUEUE if many else 0)
    try:
        fd = os.open(node, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise errors.from_os_error(error, complaint) from None
    try:
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    except OSError as error:
        os.close(fd)
        raise errors.from_os_error(error, complaint) from None
    return fd
