"""passt, the process behind an interface of type user that has it as its backend: a network without a link of the
host's, with the host's own addresses, and with ports of the host that lead into the guest."""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.drivers.qemu.argv.interfaces import passt_socket
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.host import processes
from virshpy.host.programs import program
from virshpy.host.steps import Act
from virshpy.host.steps.process import Spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.identity import Identity
    from virshpy.drivers.qemu.records import Domains
    from virshpy.host.steps import Step
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.interface import ForwardRange, Interface, PortForward

_PATIENCE = 10.0  # seconds for it to listen
_NOISE = "Failed to send"  # how it says on each line that the host has no syslog


def passt_steps(
    domains: Domains, domain: Domain, interface: Interface, identity: Identity, directory: str
) -> Iterator[Step]:
    """It is started as root and becomes the guest's user by itself, who may then connect to its socket."""
    path = program("passt")
    if not os.path.isabs(path):
        raise errors.SystemCallError(
            "Unable to find 'passt' binary in $PATH: No such file or directory", hint="apt install passt"
        )
    socket = passt_socket(directory, interface)
    user = ["--runas", f"{identity.uid}:{identity.uid}"] if identity.uid is not None else []
    spawn = Spawn(
        [path, "--one-off", "--foreground", "--socket", socket, *user, *passt_words(interface)],
        log=domains.log(f"{domain.name}-{alias_of(interface)}-passt"),
    )
    yield spawn
    yield Act(lambda: _await(spawn, socket), f"# wait until {socket} is there")


def passt_words(interface: Interface) -> list[str]:
    """What passt is told of an interface. Raises ConfigUnsupported for what it has no words for.

    The guest's address is not among it: --mac-addr would be passt's own, and two ends cannot have the same.
    """
    words: list[str] = []
    if interface.backend is not None and interface.backend.logFile:
        words += ["--log-file", interface.backend.logFile]
    if interface.source is not None and interface.source.dev:
        words += ["--interface", interface.source.dev]
    for ip in interface.ips:
        words += ["--address", ip.address or ""]
        if ip.prefix and ip.family == "ipv4":
            words += ["--netmask", str(ip.prefix)]
    for forward in interface.port_forwards:
        words += ["--udp-ports" if forward.proto == "udp" else "--tcp-ports", _ports(forward)]
    return words


def _ports(forward: PortForward) -> str:
    """``ADDRESS%DEVICE/FIRST-LAST:FIRST-LAST,~EXCLUDED``, or ``all``."""
    if not forward.ranges and not forward.address:
        return "all"
    if not forward.ranges or (forward.dev and not forward.address):
        what = "no <range>" if not forward.ranges else "no address"
        raise errors.ConfigUnsupported(
            f"passt cannot forward ports by a <portForward> of an {'address' if forward.address else 'interface'}"
            f" with {what}",
            hint="add <range start='…' end='…'/>" if not forward.ranges else "add address='…', of that interface",
        )
    head = f"{forward.address}{f'%{forward.dev}' if forward.dev else ''}/" if forward.address else ""
    return head + ",".join(_range(row) for row in forward.ranges)


def _range(row: ForwardRange) -> str:
    first, last = row.start or 0, row.end or row.start or 0
    own = str(first) if first == last else f"{first}-{last}"
    if row.exclude:
        return f"~{own}"
    if row.to is None:
        return own
    return f"{own}:{row.to}" if first == last else f"{own}:{row.to}-{row.to + last - first}"


def _await(spawn: Spawn, socket: str) -> None:
    """QEMU connects once: passt must listen by then. Raises OperationFailed with its words, OperationTimeout."""
    tick = 0.02
    for _ in range(int(_PATIENCE / tick)):
        if os.path.exists(socket):
            return
        if processes.wait_gone(spawn.pid, spawn.started, tick):
            said = [line for line in spawn.said().splitlines() if line and not line.startswith(_NOISE)]
            reason = said[-1] if said else "it has said nothing"
            raise errors.OperationFailed(f"Could not start 'passt': {reason}", hint=_advice(reason))
    raise errors.OperationTimeout(f"passt did not listen within {_PATIENCE:g} seconds")


def _advice(reason: str) -> str | None:
    if "Failed to bind" in reason:
        return "another process has the port: `ss -lntup` shows which"
    if "External interface" in reason:
        return "it takes the link with the host's default route, and there is none: name one, <source dev='…'/>"
    return "apparmor may keep it from its socket: see the kernel's log" if "Permission denied" in reason else None
