"""The contract's rows about secrets, answered from a connection's store."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.secret import SecretOperations, SecretRef
from virshpy.drivers.secret.records import Secrets
from virshpy.enums import SecretDefineFlags
from virshpy.xml.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site
    from virshpy.xml.node import Warning


class SecretRows(SecretOperations):
    """virSecret*."""

    error_domain = errors.ErrorDomain.SECRET

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.secrets = Secrets(site)

    def connect_list_all_secrets(self, *, flags: int = 0) -> list[SecretRef]:
        return [secret.ref for secret in self.secrets.select(flags)]

    def secret_lookup_by_uuid_string(self, uuid: str) -> SecretRef:
        return self.secrets.require(uuid).ref

    def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> SecretRef:
        return self.secrets.require_usage(usage_type, usage_id).ref

    def secret_define_xml(self, xml: str, *, flags: int = 0) -> SecretRef:
        warnings: list[Warning] = []
        document = Secret.parse(xml, validate=bool(flags & SecretDefineFlags.VALIDATE), warnings=warnings)
        for warning in warnings:
            self.place.warn(str(warning))
        if document.uuid is None:
            from uuid import uuid4

            document.uuid = str(uuid4())
        self.secrets.put(document)
        return self.secrets.require(document.uuid).ref

    def secret_undefine(self, secret: SecretRef) -> None:
        self.secrets.remove(secret.uuid)

    def secret_get_xml_desc(self, secret: SecretRef) -> str:
        return self.secrets.require(secret.uuid).xml

    def secret_get_value(self, secret: SecretRef) -> bytes:
        row = self.secrets.require(secret.uuid)
        if row.private:
            raise errors.InvalidSecret("secret is private", hint="it is for guests that name it, and shown to nobody")
        return self.secrets.value(row)

    def secret_set_value(self, secret: SecretRef, value: bytes) -> None:
        if not value:
            raise errors.Misuse("value in virSecretSetValue must not be NULL", hint="a value has at least one byte")
        self.secrets.set_value(secret.uuid, value)
