"""Secrets on their way to QEMU: in its argv, which everybody can read, encrypted under a key that only it is given."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site


class Vault:
    """The secrets of a site, for the one QEMU that gets ``key`` (32 bytes, drawn anew for every start)."""

    def __init__(self, site: Site) -> None:
        self.key = os.urandom(32)
        self._site = site

    def seal(self, value: bytes) -> tuple[str, str]:
        """(data, iv) of a value, both in base64, as QEMU's ``secret`` object takes them beside ``keyid``."""
        from base64 import b64encode

        from virshpy.host.cipher import encrypt

        iv = os.urandom(16)
        return b64encode(encrypt(self.key, iv, value)).decode(), b64encode(iv).decode()

    def sealed(self, usage_type: str, uuid: str | None, usage: str | None) -> tuple[str, str]:
        """The same of a secret that a document names (``usage_type``: volume, ceph, …). Raises NoSecret, InvalidArg."""
        return self.seal(secret_value(self._site, usage_type, uuid, usage))


def secret_value(site: Site, usage_type: str, uuid: str | None, usage: str | None) -> bytes:
    """What a document's reference to a secret means. Raises NoSecret, InvalidArg."""
    from virshpy.drivers.secret.records import Secrets
    from virshpy.enums import SecretUsageType

    return Secrets(site).wanted(SecretUsageType[usage_type.upper()], uuid, usage)
