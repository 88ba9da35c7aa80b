"""The row that says to QEMU what the user says."""

from __future__ import annotations

import json

from virshpy import errors
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.hypervisor import HypervisorOperations
from virshpy.drivers.qemu import taint
from virshpy.drivers.qemu.records import Domains
from virshpy.drivers.qemu.steps import GuestMonitor
from virshpy.host.steps import Act

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.host.site import Site


class MonitorRows(HypervisorOperations):
    """virDomainQemuMonitorCommand."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)

    def domain_qemu_monitor_command(self, domain: DomainRef, command: str, human: bool = False) -> str:
        request = _human(command) if human else _request(command)
        with self.domains.change("monitor command", domain.uuid) as entry:
            record = self.domains.require_active(domain)
            taint.add(self.domains, record.uuid, "custom-monitor")
            with GuestMonitor(self.domains, record) as monitor:
                ask = (lambda: monitor.session().human(command)) if human else (lambda: monitor.session().raw(request))
                talk = Act(ask, monitor.shown(request))
                entry.do(talk)
        return str(talk.result) if human else json.dumps(talk.result, separators=(",", ":"))


def _human(line: str) -> dict[str, Any]:
    return {"execute": "human-monitor-command", "arguments": {"command-line": line}}


def _request(command: str) -> Any:
    try:
        return json.loads(command)
    except ValueError as error:
        raise errors.InternalError(
            f"cannot parse json {command}: {error}", hint='write it so: {"execute": "query-status"}'
        ) from None
