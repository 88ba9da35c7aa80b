"""<secret>: what a password or key is for; never its value."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr, leaf, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import UUID, Blank, Enum, Sentence, Switch, internal, xml

# What a usage of each type is named by: the element, and how libvirt says that it is missing.
_NAMED_BY = {
    "volume": ("volume", "volume usage specified, but volume path is missing"),
    "ceph": ("name", "Ceph usage specified, but name is missing"),
    "iscsi": ("target", "iSCSI usage specified, but target is missing"),
    "tls": ("name", "TLS usage specified, but name is missing"),
    "vtpm": ("name", "vTPM usage specified, but name is missing"),
}


class SecretUsage(Element, tag="usage"):
    """``id`` is what a document may name the secret by, together with ``type``."""

    type: str | None = attr(
        Enum(("none", *_NAMED_BY), Sentence("unknown secret usage type %s")), required=xml("unknown secret usage type")
    )
    volume: str | None = leaf()
    name: str | None = leaf()
    target: str | None = leaf()

    @property
    def id(self) -> str | None:
        found = _NAMED_BY.get(self.type or "")
        return None if found is None else getattr(self, found[0])

    def _check(self, node: Node) -> None:
        found = _NAMED_BY.get(self.type or "")
        if found is not None and not self.id:
            raise Refusal(errors.InternalError, found[1], node, f"expected <{found[0]}>…</{found[0]}>")
        for tag in ("volume", "name", "target"):
            if found is None or tag != found[0]:
                setattr(self, tag, None)


class Secret(Element, tag="secret"):
    """The whole document. ``ephemeral``: gone with the boot; ``private``: its value is told to nobody."""

    _source = "(definition_of_secret)"

    ephemeral: bool | None = attr(Blank(Switch(sentence=xml("invalid value of 'ephemeral'"))))
    private: bool | None = attr(Blank(Switch(sentence=xml("invalid value of 'private'"))))
    uuid: str | None = leaf(UUID(internal("malformed uuid element")))
    description: str | None = leaf()
    usage: SecretUsage | None = one(SecretUsage)

    def _check(self, node: Node) -> None:
        self.ephemeral, self.private = bool(self.ephemeral), bool(self.private)
        if self.usage is not None and self.usage.type == "none":
            self.usage = None
