"""The contract's rows about secrets, answered from a connection's store."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.secret import SecretOperations, SecretRef
from virshpy.drivers.objects import ObjectRows
from virshpy.drivers.secret.records import Secrets
from virshpy.xml.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site
    from virshpy.xml.node import Warning


class SecretRows(ObjectRows, SecretOperations):
    """virSecret*."""

    error_domain = errors.ErrorDomain.SECRET

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.secrets = Secrets(site)

    @property
    def objects(self) -> Secrets:
        return self.secrets

    def read(self, text: str, *, validate: bool = False) -> Secret:
        warnings: list[Warning] = []
        document = Secret.parse(text, validate=validate, warnings=warnings)
        for warning in warnings:
            self.place.warn(str(warning))
        return document

    def absent(self, what: str, value: str) -> errors.Error:
        return self.secrets.absent(what, value, "<uuid>")

    connect_list_all_secrets = ObjectRows.list_all
    secret_lookup_by_uuid_string = ObjectRows.lookup_by_uuid
    secret_define_xml = ObjectRows.define_xml
    secret_undefine = ObjectRows.undefine
    secret_get_xml_desc = ObjectRows.get_xml_desc

    def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> SecretRef:
        return self.secrets.require_usage(usage_type, usage_id).ref

    def secret_get_value(self, secret: SecretRef) -> bytes:
        row = self.secrets.find(secret)
        if row.private:
            raise errors.InvalidSecret("secret is private", hint="it is for guests that name it, and shown to nobody")
        return self.secrets.value(row)

    def secret_set_value(self, secret: SecretRef, value: bytes) -> None:
        if not value:
            raise errors.Misuse("value in virSecretSetValue must not be NULL", hint="a value has at least one byte")
        self.secrets.set_value(secret.uuid, value)
