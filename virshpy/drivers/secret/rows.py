"""The contract's rows about secrets, answered from a connection's store."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.secret import SecretOperations
from virshpy.driver.structures import SecretRef
from virshpy.drivers.secret.records import Secrets, reference
from virshpy.enums import ListSecretsFlags, SecretDefineFlags
from virshpy.xml.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.xml.node import Warning

_L = ListSecretsFlags
# Of two that answer one question, both or neither ask nothing.
_QUESTIONS = (("ephemeral", _L.EPHEMERAL, _L.NO_EPHEMERAL), ("private", _L.PRIVATE, _L.NO_PRIVATE))


class SecretRows(SecretOperations):
    """virSecret*, of a place that has a ``store`` and hands warnings on."""

    error_domain = errors.ErrorDomain.SECRET

    def __init__(self, place: Any) -> None:
        super().__init__(place)
        self.secrets = Secrets(place.store)

    def connect_list_all_secrets(self, *, flags: int = 0) -> list[SecretRef]:
        found = self.secrets.all()
        for column, yes, no in _QUESTIONS:
            if bool(flags & yes) != bool(flags & no):
                found = [row for row in found if bool(row[column]) == bool(flags & yes)]
        return [reference(row) for row in found]

    def secret_lookup_by_uuid_string(self, uuid: str) -> SecretRef:
        return reference(self.secrets.require(uuid))

    def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> SecretRef:
        return reference(self.secrets.require_usage(usage_type, usage_id))

    def secret_define_xml(self, xml: str, *, flags: int = 0) -> SecretRef:
        warnings: list[Warning] = []
        document = Secret.parse(xml, validate=bool(flags & SecretDefineFlags.VALIDATE), warnings=warnings)
        for warning in warnings:
            self.place.warn(str(warning))
        if document.uuid is None:
            from uuid import uuid4

            document.uuid = str(uuid4())
        self.secrets.save(document)
        return reference(self.secrets.require(document.uuid))

    def secret_undefine(self, secret: SecretRef) -> None:
        self.secrets.remove(secret.uuid)

    def secret_get_xml_desc(self, secret: SecretRef) -> str:
        return str(self.secrets.require(secret.uuid)["xml"])

    def secret_get_value(self, secret: SecretRef) -> bytes:
        row = self.secrets.require(secret.uuid)
        if row["private"]:
            raise errors.InvalidSecret("secret is private", hint="it is for guests that name it, and shown to nobody")
        return self.secrets.value(row)

    def secret_set_value(self, secret: SecretRef, value: bytes) -> None:
        if not value:
            raise errors.Misuse("value in virSecretSetValue must not be NULL", hint="a value has at least one byte")
        self.secrets.set_value(secret.uuid, value)
