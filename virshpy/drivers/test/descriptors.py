"""Starting imaginary domains with open files, which nobody there looks at."""

from __future__ import annotations

from virshpy.driver.domain import DomainOperations
from virshpy.driver.domain.other import OtherDomainOperations
from virshpy.driver.types import DomainRef


class Descriptors(DomainOperations, OtherDomainOperations):
    """virDomainCreate*WithFiles"""

    def domain_create_with_files(self, domain: DomainRef, files: list[int], *, flags: int = 0) -> DomainRef:
        return self.domain_create_with_flags(domain, flags=flags)

    def domain_create_xml_with_files(self, xml: str, files: list[int], *, flags: int = 0) -> DomainRef:
        return self.domain_create_xml(xml, flags=flags)
