"""The rows about domains' lives, together; and those that start and stop them."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.drivers.qemu.definition import Definitions
from virshpy.drivers.qemu.power import Power
from virshpy.drivers.qemu.records import Domains
from virshpy.enums import CreateFlags, DestroyFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site

_STARTABLE = (
    CreateFlags.START_PAUSED
    | CreateFlags.START_AUTODESTROY
    | CreateFlags.START_BYPASS_CACHE
    | CreateFlags.START_FORCE_BOOT
    | CreateFlags.START_VALIDATE
    | CreateFlags.START_RESET_NVRAM
)


class LifeRows(Definitions, Power):
    """virDomain*, as far as it is about a domain's definition and life."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.domains = Domains(site)
        self._autodestroy: set[str] = set()

    def close(self) -> None:
        for uuid in sorted(self._autodestroy):
            from virshpy.drivers.qemu import lifecycle

            try:
                lifecycle.stop(self.domains, DomainRef("", uuid, None), force=True)
            except errors.Error:
                continue  # it ended by itself, or somebody destroyed it

    @accepts(_STARTABLE)
    def domain_create_with_flags(self, domain: DomainRef, *, flags: int = 0) -> DomainRef:
        from virshpy.drivers.qemu import lifecycle

        return self._started(lifecycle.start_defined(self.domains, domain, flags), flags)

    @accepts(_STARTABLE)
    def domain_create_xml(self, xml: str, *, flags: int = 0) -> DomainRef:
        from virshpy.drivers.qemu import lifecycle

        return self._started(lifecycle.start_transient(self.domains, xml, flags), flags)

    def _started(self, ref: DomainRef, flags: int) -> DomainRef:
        if flags & CreateFlags.START_AUTODESTROY:
            self._autodestroy.add(ref.uuid)
        return ref

    @accepts(DestroyFlags.GRACEFUL)
    def domain_destroy_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        from virshpy.drivers.qemu import lifecycle

        lifecycle.stop(self.domains, domain, force=not flags & DestroyFlags.GRACEFUL)
