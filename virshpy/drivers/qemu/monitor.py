"""The row that says to QEMU what the user says."""

from __future__ import annotations

import json

from virshpy import errors
from virshpy.driver.domain.hypervisor import HypervisorOperations
from virshpy.driver.types import DomainRef
from virshpy.drivers.qemu import taint
from virshpy.drivers.qemu.qmp import visiting
from virshpy.drivers.qemu.records import Domains


class MonitorRows(HypervisorOperations):
    """virDomainQemuMonitorCommand."""

    place: Domains

    def domain_qemu_monitor_command(self, domain: DomainRef, command: str, human: bool = False) -> str:
        record = self.place.require_active(domain)
        taint.add(self.place, record.uuid, "custom-monitor")
        if human:
            with visiting(self.place, record) as visit:
                return visit.human(command)
        try:
            request = json.loads(command)
        except ValueError as error:
            raise errors.InternalError(
                f"cannot parse json {command}: {error}", hint='write it so: {"execute": "query-status"}'
            ) from None
        with visiting(self.place, record) as visit:
            return json.dumps(visit.raw(request), separators=(",", ":"))
