"""Labels, encrypted guests, and what is said to QEMU directly (the ``qemu:`` namespace)."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, Reading, attr, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ONOFF, STR, YESNO, Enum, Int, again, internal, strtol, xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"


class Seclabel(Element, tag="seclabel"):
    type: str | None = attr(Enum("none dynamic static"))
    model: str | None = attr()
    relabel: bool | None = attr(YESNO)
    label: str | None = leaf()
    imagelabel: str | None = leaf(runtime=True)
    baselabel: str | None = leaf()

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        made = super()._read(node, reading)
        if reading.inactive and made.type != "static":
            made.label = None  # it was made for a run
        return made

    def _check(self, node: Node) -> None:
        if self.model is None and (self.type is None or self.type == "static" and self.label):
            raise Refusal(errors.XMLError, "missing security model in domain seclabel", node)
        if self.model == "none":
            self.type = "none"
        if self.type == "static":
            if not self.label:
                raise Refusal(errors.XMLError, "security label is missing", node, "add <label>…</label>")
            self.relabel = bool(self.relabel)
        if self.type == "dynamic" and self.relabel is False:
            raise Refusal(errors.ConfigUnsupported, "dynamic label type must use resource relabeling", node)
        if self.type == "dynamic" and self.model is not None:
            self.relabel = True


class KeyWrapCipher(Element, tag="cipher"):
    name: str | None = attr(Enum("aes dea"), required=True)
    state: bool | None = attr(ONOFF, required=True)


class KeyWrap(Element, tag="keywrap", drop_empty=True):
    """Kept in libvirt's order: aes, then dea."""

    ciphers: list[KeyWrapCipher] = many(KeyWrapCipher)

    def _check(self, node: Node) -> None:
        for name in again(cipher.name for cipher in self.ciphers):
            detail = f"A domain definition can have no more than one cipher node with name {name}"
            raise Refusal(errors.InternalError, detail, node)
        self.ciphers.sort(key=lambda cipher: cipher.name or "")


_POLICY = xml("failed to get launch security policy")


class LaunchSecurity(Element, tag="launchSecurity"):
    """``type`` sev (with a policy) or s390-pv."""

    type: str | None = attr(Enum("sev s390-pv"), required=True)
    kernelHashes: bool | None = attr(YESNO)
    cbitpos: int | None = leaf(Int())
    reduced_phys_bits: int | None = leaf(Int(), "reducedPhysBits")
    policy: int | None = leaf(Int(base=0, form="0x%04x", sentence=_POLICY))
    dh_cert: str | None = leaf(STR, "dhCert")
    session: str | None = leaf()

    def _check(self, node: Node) -> None:
        if self.type == "sev" and self.policy is None:
            raise _POLICY.refusal("", node, "<policy>0x…</policy>")


class QemuArg(Element, tag="qemu:arg"):
    value: str | None = attr(required=internal("No qemu command-line argument specified"))


class QemuEnv(Element, tag="qemu:env"):
    name: str | None = attr(required=internal("No qemu environment name specified"))
    value: str | None = attr()

    def _check(self, node: Node) -> None:
        name = self.name or ""
        if not name[:1].isalpha() and name[:1] != "_":
            detail = "Invalid environment name, it must begin with a letter or underscore"
            raise Refusal(errors.InternalError, detail, node)
        if not all(letter.isalnum() or letter == "_" for letter in name):
            detail = "Invalid environment name, it must contain only alphanumerics and underscore"
            raise Refusal(errors.InternalError, detail, node)


class QemuCommandline(Element, tag="qemu:commandline"):
    args: list[QemuArg] = many(QemuArg)
    envs: list[QemuEnv] = many(QemuEnv)


class QemuCapability(Element):
    capability: str | None = attr(required=True)


class QemuCapabilities(Element, tag="qemu:capabilities"):
    add: list[QemuCapability] = many(QemuCapability, "qemu:add")
    delete: list[QemuCapability] = many(QemuCapability, "qemu:del")


class QemuProperty(Element, tag="qemu:property"):
    name: str | None = attr(required=xml("missing 'name' attribute for qemu:property"))
    type: str | None = attr(Enum("string signed unsigned bool remove"), required=True)
    value: str | None = attr()

    def _check(self, node: Node) -> None:
        value = self.value
        if self.name == "id":
            raise Refusal(errors.XMLError, "property with name 'id' can't be overridden", node)
        if self.type == "remove":
            if value is not None:
                detail = "setting 'value' attribute of 'qemu:property' doesn't make sense with 'remove' type"
                raise Refusal(errors.XMLError, detail, node)
            return
        if value is None:
            raise Refusal(errors.XMLError, "missing 'value' attribute for 'qemu:property'", node)
        number = strtol(value, 0)
        low, high = (-(2**63), 2**63 - 1) if self.type == "signed" else (0, 2**64 - 1)
        number_bad = self.type in ("signed", "unsigned") and (number is None or not low <= number <= high)
        if number_bad or (self.type == "bool" and value not in ("true", "false")):
            detail = f"invalid value '{value}' of 'value' attribute of 'qemu:property'"
            raise Refusal(errors.XMLError, detail, node, f"expected a {self.type} value")


class QemuFrontend(Element, tag="qemu:frontend"):
    properties: list[QemuProperty] = many(QemuProperty)


class QemuDevice(Element, tag="qemu:device"):
    alias: str | None = attr(required=xml("missing 'alias' attribute for qemu:device"))
    frontend: QemuFrontend | None = one(QemuFrontend)


class QemuOverride(Element, tag="qemu:override"):
    devices: list[QemuDevice] = many(QemuDevice)


class QemuDeprecation(Element, tag="qemu:deprecation"):
    behavior: str | None = attr()
