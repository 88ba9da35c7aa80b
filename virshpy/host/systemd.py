"""Control groups of systemd's: a guest's processes get a scope of their own, so that they outlive who started them.

A process belongs to the unit that it was started from: a login's session, a service, a job of CI. When that ends,
systemd ends what is in it. So does libvirt's machined scope, of which this is the equivalent without machined. systemd
is asked over D-Bus by its own ``busctl``, which is there where systemd is; where there is none, nothing is done.
"""

from __future__ import annotations

import os
from string import ascii_letters, digits

from virshpy import errors
from virshpy.host import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
_TIMEOUT = 5  # seconds for the bus, and for a process to be moved
_PREFIX = "virshpy-"
_LONGEST = 200  # letters of a name in a unit's, which has 255 at most
_PLAIN = frozenset(ascii_letters + digits + ":_.")
# The unit that shuts guests down with the host: scopes end after it.
GUESTS_UNIT = "virshpy-guests.service"


class Scope:
    """The scope of one guest's processes: made with the first of them, joined by the others. ``name`` is the guest's.
    ``what`` it is the name of, as systemd shows it.

    What goes wrong is told to ``warn``, and the guest stays where it was started: it does not depend on a bus.
    """

    def __init__(self, name: str, slice: str, warn: Callable[[str], None], what: str = "Virtual machine") -> None:
        self.name = name
        self.what = what
        self.slice = slice
        self.warn = warn
        self.unit = ""

    def take(self, pid: int) -> None:
        """Move a process into the scope, and wait until it is there."""
        try:
            if self.unit:
                _call("AttachProcessesToUnit", "ssau", self.unit, "", "1", str(pid))
            else:
                unit = f"{_PREFIX}{escaped(self.name)[:_LONGEST]}-{pid}.scope"
                _call("StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", *self._properties(pid), "0")
                self.unit = unit
            if not processes.wait_for(lambda: unit_of(pid) == self.unit, _TIMEOUT):
                raise errors.OperationTimeout(f"process {pid} did not reach {self.unit}")
        except errors.Error as error:
            self.warn(f"'{self.name}' ends with what started it, as systemd gave it no scope: {error}")

    def _properties(self, pid: int) -> list[str]:
        properties = {
            "PIDs": ("au", "1", str(pid)),
            "Description": ("s", f"{self.what} {self.name}"),
            "Slice": ("s", self.slice),
            "CollectMode": ("s", "inactive-or-failed"),
            "Before": ("as", "1", GUESTS_UNIT),
        }
        words = [str(len(properties))]
        for name, value in properties.items():
            words += [name, *value]
        return words

    def shown(self, command: str) -> str:
        """A command line as an administrator would start it in such a scope."""
        user = "" if os.geteuid() == 0 else " --user"
        return f"systemd-run{user} --scope --slice={self.slice} {command}"


def scope(name: str, slice: str, warn: Callable[[str], None], what: str = "Virtual machine") -> Scope | None:
    """A scope for a guest, where there is a systemd for our user and a ``slice`` is wanted."""
    return Scope(name, slice, warn, what) if slice and _is_here() else None


def scope_of(pid: int, name: str, warn: Callable[[str], None]) -> Scope | None:
    """The scope that a guest's process is in, for one more of its processes."""
    unit = unit_of(pid)
    if not (unit.startswith(_PREFIX) and unit.endswith(".scope")):
        return None
    found = Scope(name, "", warn)
    found.unit = unit
    return found


def unit_of(pid: int) -> str:
    """The unit whose control group a process is in, or an empty text."""
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return ""
    for _, controllers, path in groups:
        if controllers in ("", "name=systemd"):
            return os.path.basename(path)
    return ""


def escaped(name: str) -> str:
    """A name as a part of a unit's name, as systemd-escape writes it."""
    return "".join(
        chr(byte) if chr(byte) in _PLAIN else f"\\x{byte:02x}" for byte in name.encode(errors="surrogateescape")
    )


def _is_here() -> bool:
    """Whether a systemd runs that would take an order of ours: the system's for root, his own for a user."""
    if not os.path.isdir("/run/systemd/system"):
        return False
    return os.geteuid() == 0 or os.path.exists(f"{os.environ.get('XDG_RUNTIME_DIR', '')}/systemd/private")


def _call(method: str, signature: str, *words: str) -> None:
    bus = "--system" if os.geteuid() == 0 else "--user"
    options: Sequence[str] = (bus, "--quiet", f"--timeout={_TIMEOUT}")
    processes.run(["busctl", *options, "call", *_MANAGER, method, signature, *words], timeout=2 * _TIMEOUT)
