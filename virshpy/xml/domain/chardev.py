"""Character devices: serial, parallel, console, channel, and everything else that speaks through a chardev."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.xml.domain.address import Device, DeviceSeclabel, skipped
from virshpy.xml.domain.storage import Reconnect
from virshpy.xml.element import Element, Reading, attr, leaf, many, one
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import FILE, ONOFF, PATH, STR, UINT, YESNO, Blank, Enum, Int, Lenient, internal, strtol, xml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

BACKENDS = "null vc pty dev file pipe stdio udp tcp unix spicevmc spiceport nmdm qemu-vdagent dbus"
_PORT = Int(-(2**31), 2**31 - 1, sentence=xml("Invalid port number: %s"))
_BACKEND = Enum(BACKENDS, "unknown type presented to host for character device: %s")


class Clipboard(Element, tag="clipboard"):
    copypaste: bool | None = attr(YESNO, required=True)


class MouseMode(Element, tag="mouse"):
    mode: str | None = attr(Enum("server client"), required=True)


class CharSource(Element, tag="source"):
    """The host's side. ``udp`` has two: ``mode='bind'`` and ``mode='connect'``."""

    mode: str | None = attr(Enum("connect bind"))
    host: str | None = attr()
    service: str | None = attr()
    tls: bool | None = attr(YESNO)
    path: str | None = attr(FILE)
    append: bool | None = attr(ONOFF)
    channel: str | None = attr()
    master: str | None = attr()
    slave: str | None = attr()
    reconnect: Reconnect | None = one(Reconnect)
    clipboard: Clipboard | None = one(Clipboard)
    mouse: MouseMode | None = one(MouseMode)
    seclabels: list[DeviceSeclabel] = many(DeviceSeclabel, runtime=skipped)


class Protocol(Element, tag="protocol"):
    type: str | None = attr(Enum("raw telnet telnets tls", "Unknown protocol '%s'"))


class LenientProtocol(Protocol, tag="protocol"):
    """Where libvirt passes over a protocol that it does not know."""

    type: str | None = attr(Lenient(Enum("raw telnet telnets tls")))


class CharLog(Element, tag="log"):
    file: str | None = attr(PATH)
    append: bool | None = attr(ONOFF)


class CharBackend(Device):
    """What all chardev devices share: a backend, its sources, its log."""

    type: str | None = attr(_BACKEND)
    tty: str | None = attr(PATH, runtime=True)
    sources: list[CharSource] = many(CharSource)
    protocol: Protocol | None = one(Protocol)
    log: CharLog | None = one(CharLog)

    @property
    def source(self) -> CharSource | None:
        """The first source."""
        return self.sources[0] if self.sources else None

    @classmethod
    def _read(cls, node: Node, reading: Reading) -> Self:
        made = super()._read(node, reading)
        made.type = made.type or "pty"
        if reading.inactive and made.type == "pty":
            made.__dict__.pop("sources", None)  # the terminal's path is the running guest's
        return made

    def _write(
        self, tag: str, out: list[str], indent: str, how: tuple[bool, bool, bool], declarations: str = ""
    ) -> None:
        if how[0] and self.type == "pty" and self.sources:
            bare = self.copy()
            del bare.__dict__["sources"]
            bare._write(tag, out, indent, how, declarations)
        else:
            super()._write(tag, out, indent, how, declarations)


class TargetModel(Element, tag="model"):
    name: str | None = attr(
        Blank(
            Enum(
                "isa-serial usb-serial pci-serial spapr-vty pl011 16550a sclpconsole sclplmconsole isa-debugcon",
                "unknown target model '%s' specified for character device",
            )
        )
    )


class SerialTarget(Element, tag="target"):
    type: str | None = attr(
        Enum(
            "isa-serial usb-serial pci-serial spapr-vio-serial system-serial sclp-serial isa-debug",
            "unknown target type '%s' specified for character device",
        )
    )
    port: int | None = attr(_PORT)
    model: TargetModel | None = one(TargetModel)


class ParallelTarget(Element, tag="target"):
    port: int | None = attr(_PORT)


class ConsoleTarget(Element, tag="target"):
    type: str | None = attr(
        Enum("serial xen uml virtio openvz sclp sclplm", "unknown target type '%s' specified for character device")
    )
    port: int | None = attr(_PORT)


class ChannelTarget(Element, tag="target"):
    """``virtio`` and ``xen`` have a name and a runtime state, ``guestfwd`` an address and a port."""

    type: str | None = attr(Enum("guestfwd virtio xen", "unknown target type '%s' specified for character device"))
    name: str | None = attr()
    address: str | None = attr()
    port: int | None = attr(UINT)
    state: str | None = attr(Enum("connected disconnected"), runtime=True)


class Serial(CharBackend, tag="serial"):
    target: SerialTarget | None = one(SerialTarget)


class Parallel(CharBackend, tag="parallel"):
    target: ParallelTarget | None = one(ParallelTarget)


class Console(CharBackend, tag="console"):
    target: ConsoleTarget | None = one(ConsoleTarget)


class Channel(CharBackend, tag="channel"):
    target: ChannelTarget | None = one(ChannelTarget)

    def _check(self, node: Node) -> None:
        if self.target is None:
            raise Refusal(errors.XMLError, "target type must be specified for channel device", node)
        if self.target.type is None:
            detail = "unknown target type '(null)' specified for character device"
            raise Refusal(errors.ConfigUnsupported, detail, node, "expected guestfwd, virtio or xen")
        if self.target.type == "guestfwd":
            if self.target.address is None:
                raise Refusal(errors.XMLError, "guestfwd channel does not define a target address", node)
            if ":" in self.target.address:
                raise Refusal(errors.ConfigUnsupported, "guestfwd channel only supports IPv4 addresses", node)
            if self.target.port is None:
                raise Refusal(errors.XMLError, "Missing required attribute 'port' in element 'target'", node)


class Smartcard(Device, tag="smartcard"):
    mode: str | None = attr(Enum("host host-certificates passthrough"), required=True)
    type: str | None = attr(_BACKEND)
    certificates: list[str] = many(STR, "certificate")
    database: str | None = leaf()
    sources: list[CharSource] = many(CharSource)
    protocol: LenientProtocol | None = one(LenientProtocol)
    log: CharLog | None = one(CharLog)

    def _check(self, node: Node) -> None:
        if self.mode == "host-certificates" and len(self.certificates) != 3:
            raise Refusal(errors.XMLError, "host-certificates mode needs exactly three certificates", node)
        if self.mode == "passthrough" and self.type is None:
            raise Refusal(errors.XMLError, "passthrough mode requires a character device type attribute", node)


class Redirdev(Device, tag="redirdev"):
    bus: str | None = attr(Enum("usb", "unknown redirdev bus '%s'"))
    type: str | None = attr(
        Enum(BACKENDS, "unknown redirdev character device type '%s'"), required=internal("missing type in redirdev")
    )
    sources: list[CharSource] = many(CharSource)
    protocol: LenientProtocol | None = one(LenientProtocol)
    log: CharLog | None = one(CharLog)


class USBFilter(Element, tag="usbdev"):
    """One rule of what may be redirected; numbers are text because ``-1`` and hexadecimal both occur."""

    class_: str | None = attr(STR, "class")
    vendor: str | None = attr()
    product: str | None = attr()
    version: str | None = attr()
    allow: bool | None = attr(YESNO, required=True)

    def _check(self, node: Node) -> None:
        for name in ("class", "vendor", "product"):
            field = "class_" if name == "class" else name
            word = getattr(self, field)
            if word is None:
                continue
            number = strtol(word, 0)
            if number is None:
                detail = f"Invalid value for attribute '{name}' in element 'usbdev': '{word}'. Expected integer value"
                raise Refusal(errors.XMLError, detail, node)
            if name == "class" and number > 0xFF:
                raise Refusal(errors.InternalError, f"Invalid USB Class code 0x{number:x}", node)
            if number < 0:
                setattr(self, field, None)
        if self.version == "-1":
            self.version = None
        if self.version is not None and not re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}", self.version):
            detail = f"Cannot parse USB device version {self.version}"
            raise Refusal(errors.XMLError, detail, node, "expected such as 2.0")
        if self.version is not None:
            major, _, minor = self.version.partition(".")
            self.version = f"{int(major)}.{minor:0<2}"


class Redirfilter(Element, tag="redirfilter"):
    usbdevs: list[USBFilter] = many(USBFilter)
