"""Who one is to storage: secrets that are referred to, authentication, encryption, the name of an initiator."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import UINT, UUID, WORD, Blank, Enum, xml

_SECRET_UUID = UUID(xml("invalid secret uuid '%s'"))


class Secret(Element, tag="secret"):
    """A reference to a secret, by UUID or by usage."""

    type: str | None = attr(Enum("none volume ceph iscsi tls vtpm", "unknown secret type '%s'"))
    uuid: str | None = attr(_SECRET_UUID)
    usage: str | None = attr()

    def _check(self, node: Node) -> None:
        _one_reference(self.uuid, self.usage, node)


def _one_reference(uuid: str | None, usage: str | None, node: Node) -> None:
    """A secret is named in one way."""
    if uuid is None and usage is None:
        raise Refusal(errors.XMLError, "missing secret uuid or usage attribute", node)
    if uuid is not None and usage is not None:
        raise Refusal(errors.XMLError, "either secret uuid or usage expected", node, "expected one of the two")


class Auth(Element, tag="auth"):
    type: str | None = attr(Enum("none chap ceph", "unknown auth type '%s'"))
    username: str | None = attr(WORD, required=xml("missing username for auth"))
    secret: Secret = one(Secret, required=xml("Missing <secret> element in auth"))

    def _check(self, node: Node) -> None:
        self.type = None if self.type == "none" else self.type


class Cipher(Element, tag="cipher"):
    name: str | None = attr(required=xml("cipher info missing 'name' attribute"))
    size: int | None = attr(UINT, required=True)
    mode: str | None = attr()
    hash: str | None = attr()


class IVGen(Element, tag="ivgen"):
    name: str | None = attr()
    hash: str | None = attr()


class EncryptionSecret(Element, tag="secret"):
    type: str | None = attr(
        Enum("passphrase", "unknown volume encryption secret type %s"),
        required=xml("unknown volume encryption secret type"),
    )
    uuid: str | None = attr(_SECRET_UUID)
    usage: str | None = attr()

    def _check(self, node: Node) -> None:
        _one_reference(self.uuid, self.usage, node)


class Encryption(Element, tag="encryption"):
    _open = True

    format_name: str | None = attr(
        Blank(Enum("default qcow luks luks2", "unknown volume encryption format type %s")),
        "format",
        required=xml("unknown volume encryption format"),
    )
    engine: str | None = attr(Enum("qemu librbd"))
    secrets: list[EncryptionSecret] = many(EncryptionSecret)
    cipher: Cipher | None = one(Cipher)
    ivgen: IVGen | None = one(IVGen)

    def _check(self, node: Node) -> None:
        if self.ivgen is not None and self.cipher is None:
            raise Refusal(errors.XMLError, "ivgen element found, but cipher is missing", node, "add a <cipher>")
        if self.ivgen is not None and not self.ivgen.name:
            raise Refusal(errors.XMLError, "missing ivgen info name string", node, "expected <ivgen name='…'/>")


class IQN(Element, tag="iqn"):
    name: str | None = attr()


class Initiator(Element, tag="initiator"):
    iqn: IQN | None = one(IQN)
