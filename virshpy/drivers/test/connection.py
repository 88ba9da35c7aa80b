"""The connection to the imaginary host."""

from __future__ import annotations

import os

from virshpy.driver.connection import ConnectionOperations
from virshpy.drivers.test.host import Part
from virshpy.enums.version import LIBVIRT


class Connection(Part, ConnectionOperations):
    """virConnect*, without what is about one kind of object."""

    def connect_get_type(self) -> str:
        return "TEST"

    def connect_get_version(self) -> int:
        return 2

    def connect_get_lib_version(self) -> int:
        return LIBVIRT

    def connect_get_hostname(self) -> str:
        return os.uname().nodename

    def connect_get_uri(self) -> str:
        return self.host.uri

    def connect_get_max_vcpus(self, virt_type: str | None = None) -> int:
        return 32

    def connect_get_sysinfo(self) -> str:
        from virshpy.drivers.test import documents

        return documents.SYSINFO

    def connect_is_alive(self) -> bool:
        return True

    def connect_is_encrypted(self) -> bool:
        return False

    def connect_is_secure(self) -> bool:
        return True

    def connect_get_capabilities(self) -> str:
        from virshpy.drivers.test import documents

        return documents.capabilities(self.host.cells)
