"""attach-disk and attach-interface: devices described by options."""

from __future__ import annotations

import os
import re
import stat

from virshpy.shell.commands.domain.bandwidth import inbound_rate, outbound_rate
from virshpy.shell.commands.domain.options import DOMAIN_LATE, IMPACT, PERSISTENT, explicit, lasting_impact
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Exclusive, Reads, Requires, argument, command, flag, option
from virshpy.shell.lang.types import STRING, AnyText, Choice, Path, _paths
from virshpy.shell.markup import Writer
from virshpy.shell.nouns.options import PRINT_XML
from virshpy.shell.render.results import Document, Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session


class Source(AnyText):
    """What a disk's data come from: a file, unless it says otherwise. It may be empty, for an empty drive."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        return _paths(prefix, directories_only=False)


@command(
    "attach-disk",
    "give a domain a disk",
    "Attach a disk to a domain, as the options say.",
    (
        DOMAIN_LATE,
        argument("source", Source(), "path of the image or device, or name of a network source"),
        argument("target", STRING.offering("FREE_TARGETS"), "target name, such as vdb"),
        option("targetbus", Choice("virtio", "scsi", "sata", "usb", "ide", "fdc"), "bus, such as virtio, scsi or sata"),
        option("driver", Choice("qemu"), "driver of the hypervisor, such as qemu"),
        option("subdriver", Choice("raw", "qcow2", "vmdk", "vdi", "vpc"), "format of the image"),
        option("iothread", STRING.offering("IOTHREADS"), "number of the I/O thread that serves it"),
        option("cache", Choice("default", "none", "writethrough", "writeback", "directsync", "unsafe"), "cache mode"),
        option("io", Choice("threads", "native", "io_uring"), "I/O mode: native, threads or io_uring"),
        option("type", Choice("disk", "cdrom", "floppy", "lun"), "device type: disk, cdrom, floppy or lun"),
        option("mode", Choice("readonly", "shareable"), "readonly, or shareable with other guests"),
        option("sourcetype", Choice("file", "block", "network"), "type of the source: file, block or network"),
        option("serial", STRING, "serial number that the guest sees"),
        option("wwn", STRING, "WWN that the guest sees"),
        option("alias", STRING, "alias for it, which begins with ua-"),
        flag("rawio", "the guest may send SCSI commands of any kind"),
        option("address", STRING, "address in the guest: pci:0.0.3.0, scsi:0.0.1, …"),
        flag("multifunction", "allow other functions at its PCI slot"),
        PRINT_XML,
        option("source-protocol", STRING.offering("NETWORK_PROTOCOLS"), "protocol of a network source"),
        option("source-host-name", STRING, "host of a network source, HOST:PORT"),
        option("source-host-transport", Choice("tcp", "rdma", "unix"), "transport of a network source"),
        option("source-host-socket", Path(), "socket of a network source"),
        *PERSISTENT,
        *IMPACT,
    ),
    aliases=(Alias("shareable", "mode", "shareable"),),
    constraints=(
        Requires("source-host-name", "source-protocol"),
        Requires("source-host-transport", "source-protocol"),
        Requires("source-host-socket", "source-protocol"),
        Requires("source-host-socket", "source-host-transport"),
        Exclusive("source-host-name", "source-host-socket"),
        Reads(
            "source",
            "target",
            "driver",
            "subdriver",
            "type",
            "mode",
            "iothread",
            "cache",
            "io",
            "serial",
            "wwn",
            "address",
            "targetbus",
            "alias",
        ),
    ),  # fmt: skip
    examples=(("attach-disk test /srv/data.qcow2 vdb --subdriver qcow2 --persistent", "for good"),),
    returns="message domain target | xml",
)
def attach_disk(target: str, print_xml: bool, args: Arguments) -> Result:
    xml = disk_xml(args)
    if print_xml:
        return Document(xml)
    with failing("Failed to attach disk"):
        args["domain"].attach_device(xml, **explicit(args, lasting_impact(args)))
    return Message("Disk attached successfully", domain=args["domain"].name, target=target)


_WWN = re.compile("(?:0x)?[0-9a-fA-F]{16}")


def disk_xml(args: Arguments) -> str:
    """The disk that the options describe. Raises Failure."""
    kind = args["sourcetype"]
    if kind not in (None, "file", "block", "network"):
        raise Failure(f"Unknown source type: '{kind}'")
    if (kind == "network") != bool(args["source-protocol"]) and kind is not None:
        raise Failure("--source-protocol option requires --sourcetype network")
    if kind is None:
        kind = "network" if args["source-protocol"] else "block" if _is_block(args["source"]) else "file"
    if args["mode"] not in (None, "readonly", "shareable"):
        raise Failure(f"No support for {args['mode']} in command 'attach-disk'")
    if args["wwn"] and not _WWN.fullmatch(args["wwn"]):
        from virshpy.errors import InternalError

        raise Failure(None, InternalError(f"Malformed wwn: {args['wwn']}"))
    address = _address(args)
    write = Writer()
    with write.element("disk", type=kind, device=args["type"], rawio="yes" if "rawio" in args else None):
        driver = {"name": args["driver"], "type": args["subdriver"], "iothread": args["iothread"],
                  "cache": args["cache"], "io": args["io"]}  # fmt: skip
        if any(driver.values()):
            write.empty("driver", **driver)
        _source(write, args, kind)
        write.empty("target", dev=args["target"], bus=args["targetbus"])
        if args["mode"]:
            write.empty(args["mode"])
        if args["serial"]:
            write.text("serial", args["serial"])
        if args["alias"]:
            write.empty("alias", name=args["alias"])
        if args["wwn"]:
            write.text("wwn", args["wwn"])
        if address:
            write.empty("address", **address)
    return write.result()


def _source(write: Writer, args: Arguments, kind: str) -> None:
    source = args["source"]
    if kind != "network":
        write.empty("source", **{"dev" if kind == "block" else "file": source})
        return
    where = {"transport": args["source-host-transport"], "socket": args["source-host-socket"]}
    if args["source-host-name"]:
        # What is empty beside the colon is written as that.
        where["name"], colon, port = args["source-host-name"].partition(":")
        where["port"] = port if colon else None
    if not any(value is not None for value in where.values()):
        write.empty("source", protocol=args["source-protocol"], name=source)
        return
    with write.element("source", protocol=args["source-protocol"], name=source):
        write.empty("host", **where)


def _is_block(path: str) -> bool:
    try:
        return stat.S_ISBLK(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


# The address of each kind: its type, and its numbers with the form in which each is written. Where that is hexadecimal,
# so is what is read.
_DRIVE = ("drive", {"controller": "{}", "bus": "{}", "unit": "{}"})
_ADDRESSES = {
    "pci": ("pci", {"domain": "0x{:04x}", "bus": "0x{:02x}", "slot": "0x{:02x}", "function": "0x{:x}"}),
    "ccw": ("ccw", {"cssid": "0x{:02x}", "ssid": "0x{:x}", "devno": "0x{:04x}"}),
    "scsi": _DRIVE, "ide": _DRIVE, "sata": _DRIVE,
    "usb": ("usb", {"bus": "{}", "port": "{}"}),
}  # fmt: skip
# The kinds that fit the name of a target.
_EXPECTED = {
    "vd": (("pci", "ccw"), "expecting a pci:0000.00.00.00 or ccw:00.0.0000 address."),
    "sd": (("scsi", "usb", "sata"), "expecting a scsi:00.00.00 or usb:00.00 or sata:00.00.00 address."),
    "hd": (("ide",), "expecting an ide:00.00.00 address."),
}


def _address(args: Arguments) -> dict[str, str] | None:
    if not args["address"]:
        return None
    kind, colon, rest = args["address"].partition(":")
    found = _parsed_address(kind, rest) if colon else None
    if found is None:
        raise Failure("Invalid address.")
    allowed, complaint = _EXPECTED.get(args["target"][:2], ((kind,), ""))
    if kind not in allowed:
        raise Failure(complaint)
    if kind == "pci" and "multifunction" in args:
        found["multifunction"] = "on"
    return found


def _parsed_address(kind: str, text: str) -> dict[str, str] | None:
    """An address of its kind, ``0000.00.05.0``: any one character stands between two numbers, and none is looked at
    after the last."""
    if kind not in _ADDRESSES:
        return None
    type_, forms = _ADDRESSES[kind]
    found = {"type": type_}
    position = 0
    for name, form in forms.items():
        match = (_HEXADECIMAL if "x" in form else _DECIMAL).match(text, position)
        number = int(match[1], 16 if "x" in form else 10) if match else 1 << 32
        if match is None or number >= 1 << 32:
            return None
        found[name] = form.format(number)
        position = match.end() + 1
    return found


# As C's strtoul reads a number that is not negative.
_DECIMAL = re.compile(r"[ \t\n\v\f\r]*\+?([0-9]+)")
_HEXADECIMAL = re.compile(r"[ \t\n\v\f\r]*\+?((?:0[xX](?=[0-9a-fA-F]))?[0-9a-fA-F]+)")


# network interfaces
_TYPES = ("network", "bridge", "direct", "hostdev", "vdpa", "vhostuser")
_OTHER_TYPES = ("user", "ethernet", "server", "client", "mcast", "internal", "udp", "null", "vds")


@command(
    "attach-interface",
    "give a domain a network interface",
    "Attach a network interface to a domain, as the options say.",
    (
        DOMAIN_LATE,
        argument("type", Choice(*_TYPES), "type of the interface"),
        argument("source", STRING.offering("NETWORK_SOURCES"), "source: name of a network, a bridge, a device, …"),
        option("target", STRING, "name of its device on the host"),
        option("mac", STRING, "its MAC address"),
        option("script", Path(), "script that sets the interface up"),
        option("model", Choice("virtio", "e1000e", "e1000", "rtl8139"), "model, such as virtio or e1000e"),
        option("alias", STRING, "alias for it, which begins with ua-"),
        option("inbound", STRING, "inbound limits: AVERAGE,PEAK,BURST,FLOOR"),
        option("outbound", STRING, "outbound limits: AVERAGE,PEAK,BURST"),
        *PERSISTENT,
        *IMPACT,
        PRINT_XML,
        flag("managed", "detach the device from its driver on the host, and reattach it later"),
        option(
            "source-mode", STRING.offering("SOURCE_MODES"), "mode of the source: server or client, or a mode of macvtap"
        ),
    ),
    examples=(("attach-interface test network default --model virtio --persistent", "for good"),),
    returns="message domain | xml",
)
def attach_interface(print_xml: bool, args: Arguments) -> Result:
    xml = interface_xml(args)
    if print_xml:
        return Document(xml)
    with failing("Failed to attach interface"):
        args["domain"].attach_device(xml, **explicit(args, lasting_impact(args)))
    return Message("Interface attached successfully", domain=args["domain"].name)


def interface_xml(args: Arguments) -> str:
    """The network interface that the options describe. Raises Failure."""
    kind = args["type"]
    if kind not in (*_TYPES, *_OTHER_TYPES):
        raise _no_support(kind)
    if args["source-mode"] and args["source-mode"] not in ("server", "client"):
        raise Failure(f"Invalid source mode: {args['source-mode']}")
    rates = {"inbound": inbound_rate(args, may_be_off=False), "outbound": outbound_rate(args, may_be_off=False)}
    write = Writer()
    with write.element("interface", type=kind, managed="yes" if "managed" in args else None):
        _interface_source(write, args, kind)
        if args["target"]:
            write.empty("target", dev=args["target"])
        if args["mac"]:
            write.empty("mac", address=args["mac"])
        if args["script"]:
            write.empty("script", path=args["script"])
        if args["model"]:
            write.empty("model", type=args["model"])
        if args["alias"]:
            write.empty("alias", name=args["alias"])
        if any(rates.values()):
            with write.element("bandwidth"):
                for way, rate in rates.items():
                    if rate:
                        write.empty(way, **{name: number or None for name, number in rate.items()})
    return write.result()


def _no_support(kind: str) -> Failure:
    return Failure(f"No support for {kind} in command 'attach-interface'")


def _interface_source(write: Writer, args: Arguments, kind: str) -> None:
    source = args["source"]
    if kind in ("network", "bridge"):
        write.empty("source", **{kind: source})
    elif kind in ("direct", "vdpa"):
        write.empty("source", dev=source)
    elif kind == "vhostuser":
        if not args["source-mode"]:
            raise Failure("source-mode is mandatory")
        write.empty("source", type="unix", path=source, mode=args["source-mode"])
    elif kind in _OTHER_TYPES:
        raise _no_support(kind)
    else:
        address = _parsed_address("pci", source)
        if address is None:
            raise Failure(f"cannot parse pci address '{source}' for network interface")
        with write.element("source"):
            write.empty("address", **address)
