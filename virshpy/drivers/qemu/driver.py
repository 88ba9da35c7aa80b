"""The QEMU driver: qemu:///system, qemu:///session, qemu:///embed?root=DIR."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.registry import Driver
from virshpy.drivers.qemu import endings
from virshpy.drivers.qemu.records import Domains
from virshpy.host.site import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.driver.contract import Row
    from virshpy.uri import URI


def open_driver(uri: URI, *, readonly: bool) -> QemuDriver:
    return QemuDriver(uri, readonly=readonly)


class QemuDriver(Driver):
    """One connection: its parts share a site, and keep nothing else between calls."""

    error_domain = errors.ErrorDomain.QEMU
    function_prefix = "qemu"
    parts = {
        "domain": "virshpy.drivers.qemu.inspect:DomainRows",
        "life": "virshpy.drivers.qemu.life:LifeRows",
        "devices": "virshpy.drivers.qemu.devices:DeviceRows",
        "block": "virshpy.drivers.qemu.block:BlockRows",
        "tuning": "virshpy.drivers.qemu.tuning:TuningRows",
        "hypervisor": "virshpy.drivers.qemu.monitor:MonitorRows",
        "connection": "virshpy.drivers.qemu.connection:ConnectionRows",
        "node": "virshpy.drivers.qemu.node.part:NodeRows",
        "processors": "virshpy.drivers.qemu.capabilities.processors:ProcessorRows",
        "secret": "virshpy.drivers.secret.part:SecretRows",
        "events": "virshpy.drivers.events:EventRows",
        "network": "virshpy.drivers.network.rows:NetworkRows",
        "storage": "virshpy.drivers.storage.volumes:StorageRows",
    }

    place: Site

    def __init__(self, uri: URI, *, readonly: bool) -> None:
        super().__init__(Site(uri, readonly=readonly), readonly=readonly)
        endings.recover(Domains(self.place))

    def on_warning(self, hear: Callable[[str], None]) -> None:
        self.place.on_warning(hear)

    def progress(self) -> tuple[int, int] | None:
        work = self.place.work
        return (work.done, work.total) if work.total else None

    def cancel(self) -> None:
        self.place.work.cancel()

    def rehearse(self, on: bool) -> None:
        super().rehearse(on)
        self.place.rehearse(on)

    def rehearsed(self, row: Row) -> None:
        """Each verb's own change tells."""

    def close(self) -> None:
        super().close()
        self.place.close()
