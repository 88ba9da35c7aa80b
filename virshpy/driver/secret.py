"""Rows: secrets: passwords and keys that documents name by UUID."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation
from virshpy.driver.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.enums import SecretUsageType


class SecretRef(Record):
    """remote_nonnull_secret: what names a secret to a driver; usage_type is a SecretUsageType."""

    __slots__ = ("uuid", "usage_type", "usage_id")
    uuid: str
    usage_type: SecretUsageType | int
    usage_id: str


class SecretOperations(Contract):
    """Secrets: passwords and keys that documents name by UUID."""

    @operation("virConnectListAllSecrets", flags="ListSecretsFlags", plain="virConnectNumOfSecrets")
    def connect_list_all_secrets(self, *, flags: int = 0) -> list[SecretRef]: ...

    @operation("virSecretLookupByUUIDString", plain="virSecretLookupByUUID")
    def secret_lookup_by_uuid_string(self, uuid: str) -> SecretRef: ...

    @operation("virSecretLookupByUsage")
    def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> SecretRef:
        """``usage_type`` is a SecretUsageType."""

    @operation("virSecretDefineXML", writes=True, flags="SecretDefineFlags")
    def secret_define_xml(self, xml: str, *, flags: int = 0) -> SecretRef: ...

    @operation("virSecretUndefine", writes=True)
    def secret_undefine(self, secret: SecretRef) -> None: ...

    @operation("virSecretGetXMLDesc")
    def secret_get_xml_desc(self, secret: SecretRef) -> str: ...

    @operation("virSecretGetValue", writes=True)
    def secret_get_value(self, secret: SecretRef) -> bytes: ...

    @operation("virSecretSetValue", writes=True)
    def secret_set_value(self, secret: SecretRef, value: bytes) -> None: ...
