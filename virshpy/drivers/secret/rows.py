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
    from collections.abc import Callable

    from virshpy.host.store import Store
    from virshpy.xml.node import Warning

_L = ListSecretsFlags
# Of two that answer one question, both or neither ask nothing.
_QUESTIONS = (("ephemeral", _L.EPHEMERAL, _L.NO_EPHEMERAL), ("private", _L.PRIVATE, _L.NO_PRIVATE))


class SecretRows(SecretOperations):
    """virSecret*, for a driver that has a ``store`` and hands warnings on."""

    error_domain = errors.ErrorDomain.SECRET
    store: Store
    warn: Callable[[str], None]

    def connect_list_all_secrets(self, *, flags: int = 0) -> list[SecretRef]:
        found = Secrets(self.store).all()
        for column, yes, no in _QUESTIONS:
            if bool(flags & yes) != bool(flags & no):
                found = [row for row in found if bool(row[column]) == bool(flags & yes)]
        return [reference(row) for row in found]

    def secret_lookup_by_uuid_string(self, uuid: str) -> SecretRef:
        return reference(Secrets(self.store).require(uuid))

    def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> SecretRef:
        return reference(Secrets(self.store).require_usage(usage_type, usage_id))

    def secret_define_xml(self, xml: str, *, flags: int = 0) -> SecretRef:
        warnings: list[Warning] = []
        document = Secret.parse(xml, validate=bool(flags & SecretDefineFlags.VALIDATE), warnings=warnings)
        for warning in warnings:
            self.warn(str(warning))
        if document.uuid is None:
            from uuid import uuid4

            document.uuid = str(uuid4())
        secrets = Secrets(self.store)
        secrets.save(document)
        return reference(secrets.require(document.uuid))

    def secret_undefine(self, secret: SecretRef) -> None:
        Secrets(self.store).remove(secret.uuid)

    def secret_get_xml_desc(self, secret: SecretRef) -> str:
        return str(Secrets(self.store).require(secret.uuid)["xml"])

    def secret_get_value(self, secret: SecretRef) -> bytes:
        secrets = Secrets(self.store)
        row = secrets.require(secret.uuid)
        if row["private"]:
            raise errors.InvalidSecret("secret is private", hint="it is for guests that name it, and shown to nobody")
        return secrets.value(row)

    def secret_set_value(self, secret: SecretRef, value: bytes) -> None:
        if not value:
            raise errors.Misuse("value in virSecretSetValue must not be NULL", hint="a value has at least one byte")
        Secrets(self.store).set_value(secret.uuid, value)
