"""Domains from what was saved of them, or from elsewhere."""

from __future__ import annotations

from os.path import abspath

from virshpy.api.handle import ConnectionHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.domain import Domain


class RestoringMethods(ConnectionHandle):
    """A connection's methods that make domains from other things than a document, and look into saved ones."""

    def restore(self, path: str, dxml: str | None = None, flags: int = 0) -> None:
        """virDomainRestoreFlags"""
        self.driver.domain_restore_flags(abspath(path), dxml, flags=flags)

    def restore_params(self, params: dict[str, Any], flags: int = 0) -> None:
        """virDomainRestoreParams"""
        self.driver.domain_restore_params(params, flags=flags)

    def save_image_xml_desc(self, path: str, flags: int = 0) -> str:
        """virDomainSaveImageGetXMLDesc"""
        return self.driver.domain_save_image_get_xml_desc(abspath(path), flags=flags)

    def save_image_define_xml(self, path: str, dxml: str, flags: int = 0) -> None:
        """virDomainSaveImageDefineXML"""
        self.driver.domain_save_image_define_xml(abspath(path), dxml, flags=flags)

    def qemu_attach(self, pid_value: int) -> Domain:
        """virDomainQemuAttach"""
        from virshpy.api.domain import Domain

        return Domain(self, self.driver.domain_qemu_attach(pid_value))

    def create_xml_with_files(self, xml: str, files: list[int], flags: int = 0) -> Domain:
        """virDomainCreateXMLWithFiles"""
        from virshpy.api.domain import Domain

        return Domain(self, self.driver.domain_create_xml_with_files(xml, files, flags=flags))
