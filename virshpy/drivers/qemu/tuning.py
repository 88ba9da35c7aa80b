"""What a guest may have of the host: processors, memory, shares. So far, what is asked of it."""

from __future__ import annotations

from virshpy.driver.contract import accepts
from virshpy.driver.domain.tuning import TuningOperations
from virshpy.drivers.qemu import endings
from virshpy.drivers.qemu.records import Domains
from virshpy.enums import VcpuFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.domain import DomainRef
    from virshpy.host.site import Site


class TuningRows(TuningOperations):
    """virDomain*, as far as it is about what a domain may have."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)

    def domain_get_max_vcpus(self, domain: DomainRef) -> int:
        return self.domain_get_vcpus_flags(domain, flags=VcpuFlags.LIVE | VcpuFlags.MAXIMUM)

    @accepts(VcpuFlags.LIVE | VcpuFlags.CONFIG | VcpuFlags.MAXIMUM)
    def domain_get_vcpus_flags(self, domain: DomainRef, *, flags: int = 0) -> int:
        document = endings.document_of(self.domains, domain, flags)
        return document.max_vcpus if flags & VcpuFlags.MAXIMUM else document.current_vcpus
