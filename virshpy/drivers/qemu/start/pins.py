"""On which of the host's processors a guest's threads run: <vcpupin>, <emulatorpin>, <iothreadpin>, <vcpu cpuset>."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.node.processors import online_cpus
from virshpy.host import processes
from virshpy.host.framing import number, text
from virshpy.xml.scalars import format_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from virshpy.drivers.qemu.qmp import MonitorSession
    from virshpy.xml.domain import Domain

    Pin = tuple[str, int | None, Collection[int]]


def require_processors(domain: Domain) -> None:
    """Raises ConfigUnsupported for a pin to a processor that this host has not."""
    online = online_cpus()
    for kind, index, cpus in _pins(domain):
        if not set(cpus) <= set(online):
            which = {"vcpupin": f" vcpu='{index}'", "iothreadpin": f" iothread='{index}'"}.get(kind, "")
            element = f"<{kind}{which} cpuset='{format_ranges(cpus)}'/>"
            raise errors.ConfigUnsupported(
                f"{element} names a processor that this host has not",
                hint=f"this host's processors are {format_ranges(online)}; change the element, or take it out",
            )


def pin_threads(domain: Domain, session: MonitorSession, pid: int) -> None:
    """Put the threads of a QEMU that is up where its document wants them. <vcpu cpuset> is for those without a pin of
    their own; of its processors those count that the host has. Raises SystemCallError."""
    pins = {(kind, index): cpus for kind, index, cpus in _pins(domain)}
    usual = set((domain.vcpu and domain.vcpu.cpuset) or ()) & set(online_cpus())
    if not pins and not usual:
        return
    own = processes.threads(pid)
    threads = _threads(session)
    for key, thread in threads.items():
        # Of what QEMU says its threads are, those count that are.
        if thread in own and (cpus := pins.get(key) or usual):
            processes.pin(thread, cpus)
    if cpus := pins.get(("emulatorpin", None)) or usual:
        for thread in own - set(threads.values()):
            processes.pin(thread, cpus)


def _threads(session: MonitorSession) -> dict[tuple[str, int], int]:
    """QEMU's threads of processors and of I/O, by what pins them."""
    from virshpy.drivers.qemu.qmp import understood

    processors, iothreads = session.execute("query-cpus-fast"), session.execute("query-iothreads")
    with understood():
        threads = {("vcpupin", number(row, "cpu-index")): number(row, "thread-id") for row in processors}
        for row in iothreads:
            threads["iothreadpin", int(text(row, "id").removeprefix("iothread"))] = number(row, "thread-id")
        return threads


def _pins(domain: Domain) -> Iterator[Pin]:
    tune = domain.cputune
    if tune is None:
        return
    for vcpu in tune.vcpupins:
        yield "vcpupin", vcpu.vcpu, vcpu.cpuset or ()
    for iothread in tune.iothreadpins:
        yield "iothreadpin", iothread.iothread, iothread.cpuset or ()
    if tune.emulatorpin is not None:
        yield "emulatorpin", None, tune.emulatorpin.cpuset or ()
