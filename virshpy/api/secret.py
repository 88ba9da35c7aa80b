"""Secrets."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.driver.structures import SecretRef


class Secret(Handle):
    """A secret (virSecretPtr)."""

    ref: SecretRef

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    @property
    def usage_type(self) -> int:
        """A SecretUsageType."""
        return self.ref.usage_type

    @property
    def usage_id(self) -> str:
        return self.ref.usage_id

    def undefine(self) -> None:
        """virSecretUndefine"""
        self._driver.secret_undefine(self.ref)

    def xml_desc(self) -> str:
        """virSecretGetXMLDesc"""
        return self._driver.secret_get_xml_desc(self.ref)

    def value(self) -> bytes:
        """virSecretGetValue"""
        return self._driver.secret_get_value(self.ref)

    def set_value(self, value: bytes) -> None:
        """virSecretSetValue"""
        self._driver.secret_set_value(self.ref, value)


class SecretMethods(ConnectionHandle):
    """A connection's methods about secrets."""

    def list_secrets(self, flags: int = 0) -> list[Secret]:
        """virConnectListAllSecrets"""
        return [Secret(self, ref) for ref in self.driver.connect_list_all_secrets(flags=flags)]

    def secret_lookup_by_uuid(self, uuid: str) -> Secret:
        """virSecretLookupByUUIDString"""
        return Secret(self, self.driver.secret_lookup_by_uuid_string(uuid))

    def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> Secret:
        """virSecretLookupByUsage: ``usage_type`` is a SecretUsageType."""
        return Secret(self, self.driver.secret_lookup_by_usage(usage_type, usage_id))

    def secret_define_xml(self, xml: str, flags: int = 0) -> Secret:
        """virSecretDefineXML"""
        return Secret(self, self.driver.secret_define_xml(xml, flags=flags))
