"""What a guest may have of the host: processors, memory, shares. So far, what is asked of it."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain.tuning import TuningOperations
from virshpy.drivers.qemu import endings
from virshpy.drivers.qemu.records import Domains
from virshpy.enums import VcpuFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.host.site import Site
    from virshpy.xml.domain import Domain


class TuningRows(TuningOperations):
    """virDomain*, as far as it is about what a domain may have."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)

    def domain_get_max_vcpus(self, domain: DomainRef) -> int:
        return self.domain_get_vcpus_flags(domain, flags=VcpuFlags.LIVE | VcpuFlags.MAXIMUM)

    @accepts(VcpuFlags.LIVE | VcpuFlags.CONFIG | VcpuFlags.MAXIMUM)
    def domain_get_vcpus_flags(self, domain: DomainRef, *, flags: int = 0) -> int:
        document = self._document(domain, flags)
        return document.max_vcpus if flags & VcpuFlags.MAXIMUM else document.current_vcpus

    def _document(self, domain: DomainRef, flags: int) -> Domain:
        """The one document that flags of ModificationImpact mean. Raises OperationInvalid."""
        from virshpy.drivers.qemu import reading

        if flags & VcpuFlags.LIVE and flags & VcpuFlags.CONFIG:
            raise errors.InvalidArg(
                "flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are mutually exclusive"
            )
        record = endings.current(self.domains, domain)
        live, _ = self.domains.kind.affected(record, flags & (VcpuFlags.LIVE | VcpuFlags.CONFIG))
        text = self.domains.live_document(record.uuid) if live else self.domains.definition(record.uuid)
        return reading.parse(text)
