"""What a fresh QEMU is told before its guest runs, as steps: what cannot be, or must not be, in its argv."""

from __future__ import annotations

import re

from virshpy.drivers.qemu.argv.settings import settings
from virshpy.drivers.qemu.steps import Told
from virshpy.host.steps import Act
from virshpy.xml.domain.chardev import CharSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.qmp import MonitorSession
    from virshpy.drivers.qemu.steps import Monitor
    from virshpy.host.steps import Step
    from virshpy.host.steps.process import Spawn
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.chardev import CharBackend


def bring_up_steps(domain: Domain, monitor: Monitor, spawn: Spawn, *, paused: bool) -> Iterator[Step]:
    """From a loaded QEMU to a running guest. What QEMU chose for itself is written into the document on the way."""
    yield Act(monitor.session)  # it is up when it has answered
    if domain.vcpus is not None:
        from virshpy.drivers.qemu.start.vcpus import plug_processors

        yield Act(
            lambda: plug_processors(domain, monitor.session()),
            f"# device_add for each processor that may be unplugged, over {monitor.path}",
        )
    if domain.cputune is not None or (domain.vcpu is not None and domain.vcpu.cpuset):
        from virshpy.drivers.qemu.start.pins import pin_threads

        yield Act(
            lambda: pin_threads(domain, monitor.session(), spawn.pid),
            "# taskset for each thread that query-cpus-fast and query-iothreads name",
        )
    yield from _passwords(domain, monitor)
    if _terminals(domain):
        yield Act(lambda: learn_terminals(domain, monitor.session()))
    for command, arguments in settings(domain):
        yield Told(monitor, command, arguments)
    if not paused:
        yield Told(monitor, "cont")


def _passwords(domain: Domain, monitor: Monitor) -> Iterator[Step]:
    for graphics in domain.devices.graphics:
        if graphics.type in ("vnc", "spice") and graphics.passwd is not None:
            kept = {"connected": graphics.connected} if graphics.connected else {}
            protocol = {"protocol": graphics.type}
            yield Told(monitor, "set_password", kept | protocol | {"password": graphics.passwd}, hidden=("password",))
            if graphics.passwdValidTo:
                yield Told(monitor, "expire_password", protocol | {"time": str(_seconds(graphics.passwdValidTo))})


def _seconds(moment: str) -> int:
    from datetime import UTC, datetime

    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())


def _terminals(domain: Domain) -> list[CharBackend]:
    found = domain.devices
    ends: list[CharBackend] = [*found.serials, *found.parallels, *found.consoles, *found.channels]
    return [device for device in ends if device.type == "pty"]


def learn_terminals(domain: Domain, session: MonitorSession) -> None:
    """Write into the document which pseudo-terminal each ``pty`` device got."""
    from virshpy.drivers.qemu.qmp import understood

    rows = session.execute("query-chardev")
    with understood():
        # A console will open it: QEMU may not name anything else.
        found = {row["label"]: re.fullmatch("pty:(/dev/pts/[0-9]{1,9})", row["filename"]) for row in rows}
    paths = {label: match[1] for label, match in found.items() if match}
    for device in _terminals(domain):
        path = paths.get(f"char{device.alias.name}") if device.alias else None
        if path:
            device.sources = [CharSource(path=path)]
            if device in domain.devices.consoles:
                device.tty = path
