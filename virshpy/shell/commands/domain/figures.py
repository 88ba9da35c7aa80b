"""Domain Monitoring: disks, network interfaces, memory and clock of a domain."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import InterfaceAddressesSource, MemoryStatTags, SetTimeFlags
from virshpy.shell.commands.domain.options import CONFIG, CURRENT, DOMAIN, LIVE, RUNNING, RUNNING_LATE
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Exclusive, Option, Reads, argument, command, flag, option
from virshpy.shell.lang.types import STRING, Choice, Int
from virshpy.shell.nouns.devices import attribute, devices, source_of
from virshpy.shell.nouns.objects import AnyDiskName, InterfaceName, is_mac
from virshpy.shell.nouns.options import IMPACT_CLASHES
from virshpy.shell.render.readable import scaled
from virshpy.shell.render.results import Field, Fields, Shown, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.xml.node import Node

_INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE; XMLFlags is loaded by other commands
_INTERFACE: Option = argument("interface", InterfaceName(), "target or MAC address of a network interface")


@command(
    "domblklist",
    "list a domain's disks",
    "List the disks of a domain, and where their data are.",
    (DOMAIN, flag("inactive", "as they will be at the next start"), flag("details", "with their kinds")),
    examples=(("domblklist test --details", "files, devices, disks, CD-ROMs"),),
    returns="disks[target source type? device?]",
)
def domblklist(domain: Domain, inactive: bool, details: bool) -> Table:
    rows = []
    for disk in devices(domain, "disk", _INACTIVE if inactive else 0):
        row: list[Any] = [attribute(disk, "target@dev"), source_of(disk)]
        if details:
            row = [disk.attrs.get("type"), disk.attrs.get("device"), *row]
        rows.append(row)
    columns: list[tuple[str, str | None]] = [("target", "Target"), ("source", "Source")]
    if details:
        columns = [("type", "Type"), ("device", "Device"), *columns]
    return Table("disks", columns, rows)


@command(
    "domiflist",
    "list a domain's network interfaces",
    "List the network interfaces of a domain.",
    (DOMAIN, flag("inactive", "as they will be at the next start")),
    examples=(("domiflist test", "what each is connected to, and its MAC address"),),
    returns="interfaces[name type source model mac]",
)
def domiflist(domain: Domain, inactive: bool) -> Table:
    rows = []
    for node in devices(domain, "interface", _INACTIVE if inactive else 0):
        kind = node.attrs.get("type", "")
        source = node.find("source")
        names = ["network", kind, "dev", "name", "path", "bridge"]
        where = next((source.attrs[name] for name in names if name in source.attrs), None) if source else None
        rows.append(
            (attribute(node, "target@dev"), kind, where, attribute(node, "model@type"), attribute(node, "mac@address"))
        )
    columns = (("name", "Interface"), ("type", "Type"), ("source", "Source"), ("model", "Model"), ("mac", "MAC"))
    return Table("interfaces", columns, rows)


@command(
    "domblkinfo",
    "sizes of a domain's disks",
    "Print how large a disk is, how much of it is allocated, and what it takes\nup on the host.",
    (
        DOMAIN,
        option("device", AnyDiskName(), "target or source of a disk"),
        flag("human", "sizes with units"),
        flag("all", "of all disks"),
    ),
    constraints=(Exclusive("all", "device"),),
    examples=(("domblkinfo test vda --human", "one disk"), ("domblkinfo test --all", "every disk")),
    returns=(
        "capacity_bytes allocation_bytes physical_bytes | disks[target capacity_bytes allocation_bytes physical_bytes]"
    ),
)
def domblkinfo(domain: Domain, device: str | None, human: bool, all: bool) -> Result:
    if not all:
        if not device:
            raise Failure("command 'domblkinfo' requires <device> option")
        info = domain.block_info(device)
        return Fields(
            [Field(f"{name}_bytes", name.capitalize(), value, _size(value, human)) for name, value in _sizes(info)], 16
        )
    rows: list[list[Any]] = []
    for disk in devices(domain, "disk"):
        target, source = attribute(disk, "target@dev"), disk.find("source")
        row: list[Any] = [target]
        if source is None:
            row += [None] * 3
        else:
            try:
                row += [Shown(value, _size(value, human)) for _, value in _sizes(domain.block_info(str(target)))]
            except errors.Error:
                # An image that cannot be asked about, such as one on the network, has no sizes and hides no others.
                if disk.attrs.get("type") != "network":
                    raise
                row += [None] * 3
        rows.append(row)
    sizes = [(f"{name}_bytes", name.capitalize()) for name in ("capacity", "allocation", "physical")]
    return Table("disks", [("target", "Target"), *sizes], rows)


def _sizes(info: Any) -> list[tuple[str, int]]:
    return [(name, getattr(info, name)) for name in ("capacity", "allocation", "physical")]


def _size(value: int, human: bool) -> str:
    return scaled(value, 3) if human else str(value)


# Figures in virsh's order: libvirt's key, virsh's short name, its words.
_BLOCK_FIGURES = (
    ("rd_operations", "rd_req", "number of read operations:"),
    ("rd_bytes", "rd_bytes", "number of bytes read:"),
    ("wr_operations", "wr_req", "number of write operations:"),
    ("wr_bytes", "wr_bytes", "number of bytes written:"),
    ("errs", "errs", "error count:"),
    ("flush_operations", "flush_operations", "number of flush operations:"),
    ("rd_total_times", "rd_total_times", "total duration of reads (ns):"),
    ("wr_total_times", "wr_total_times", "total duration of writes (ns):"),
    ("flush_total_times", "flush_total_times", "total duration of flushes (ns):"),
)


@command(
    "domblkstat",
    "I/O figures of a domain's disk",
    "Print how much a disk of a domain has been read and written.",
    (RUNNING, option("device", AnyDiskName(), "target or source of a disk (default: all together)"),
     flag("human", "in words")),
    examples=(("domblkstat test vda --human", "one disk, in words"),),
    returns="stats",
)  # fmt: skip
def domblkstat(domain: Domain, device: str | None, human: bool, args: Arguments) -> Text:
    device = device or ""
    with failing(f"Failed to get block stats {args.text('domain')} {device}"):
        found = dict(domain.block_stats(device))
    lines, value = [], {}
    # What virsh has a name for comes first, then what only this driver knows.
    known = [(key, short, words) for key, short, words in _BLOCK_FIGURES if key in found]
    known += [(key, key, key) for key in found if key not in {figure[0] for figure in _BLOCK_FIGURES}]
    for key, short, words in known:
        value[key] = found[key]
        shown = f"{words:<31} {found[key]}" if human else f"{short} {found[key]}"
        lines.append(f" {shown}\n" if human else f"{device}{' ' if device else ''}{shown}\n")
    head = f"Device: {device}\n" if human else ""
    return Text("stats", head + "".join(lines), value, end="")


_INTERFACE_FIGURES = (
    "rx_bytes", "rx_packets", "rx_errs", "rx_drop", "tx_bytes", "tx_packets", "tx_errs", "tx_drop",
)  # fmt: skip


@command(
    "domifstat",
    "traffic figures of a domain's network interface",
    "Print how much a network interface of a domain has received and sent.",
    (RUNNING, _INTERFACE),
    examples=(("domifstat test testnet0", "bytes, packets, errors, drops"),),
    returns="stats",
)
def domifstat(domain: Domain, interface: str, args: Arguments) -> Text:
    name = interface
    with failing(f"Failed to get interface stats {args.text('domain')} {name}"):
        stats = domain.interface_stats(name)
    value = {key: getattr(stats, key) for key in _INTERFACE_FIGURES}
    text = "".join(f"{name} {key} {number}\n" for key, number in value.items() if number is not None and number >= 0)
    return Text("stats", text, value, end="")


def find_interface(domain: Domain, name: str, flags: int) -> Node:
    """A network interface of a domain by target or MAC address. Raises Failure."""
    by_mac = is_mac(name)
    path = "mac@address" if by_mac else "target@dev"
    for node in devices(domain, "interface", flags):
        if (attribute(node, path) or "").lower() == name.lower():
            return node
    raise Failure(f"Interface ({'mac' if by_mac else 'dev'}: {name}) not found.", kind="absent")


@command(
    "domif-getlink",
    "whether a network interface's link is up",
    "Print whether the link of a domain's network interface is up.",
    (DOMAIN, _INTERFACE, flag("config", "as it will be at the next start")),
    constraints=(Reads("interface"),),
    aliases=(Alias("persistent", "config"),),
    examples=(("domif-getlink test testnet0", "such as: testnet0 up"),),
    returns="interface link",
)
def domif_getlink(domain: Domain, interface: str, config: bool) -> Text:
    name = interface
    node = find_interface(domain, name, _INACTIVE if config else 0)
    state = attribute(node, "link@state") or "up"
    return Text("interface", f"{name} {state}", name, end="", link=state)


_SOURCES = {
    "lease": InterfaceAddressesSource.LEASE,
    "agent": InterfaceAddressesSource.AGENT,
    "arp": InterfaceAddressesSource.ARP,
}


@command(
    "domifaddr",
    "addresses of a domain's network interfaces",
    "Print the IP addresses that a running domain has.",
    (
        RUNNING_LATE,
        option("interface", STRING.offering("INTERFACE_NAMES"), "only of this interface"),
        flag("full", "repeat name and MAC address on each line"),
        option("source", Choice(*_SOURCES), "source of the addresses: lease, agent or arp"),
    ),
    examples=(("domifaddr test --source agent", "ask the guest itself"),),
    returns="interfaces[name mac addresses[protocol address prefix]]",
)
def domifaddr(args: Arguments) -> Text:
    source = args["source"] or "lease"
    if source not in _SOURCES:
        raise Failure(f"Unknown data source '{source}'")
    # One call may be missing, and its absence is told in the driver's words.
    with failing("Failed to query for interfaces addresses"):
        interfaces = args["domain"].interface_addresses(_SOURCES[source])
    head = f" {'Name':<10} {'MAC address':<20} {'Protocol':<8}     Address\n{'-' * 79}\n"
    lines = []
    value = []
    full = "full" in args
    for interface in interfaces:
        if args["interface"] and interface.name != args["interface"]:
            continue
        addresses = [
            {"protocol": "ipv4" if one.type == 0 else "ipv6", "address": one.addr, "prefix": one.prefix}
            for one in interface.addrs
        ]
        value.append({"name": interface.name, "mac": interface.hwaddr, "addresses": addresses})
        if not addresses:
            lines.append(f" {interface.name:<10} {interface.hwaddr or 'N/A':<17}    {'N/A':<12} N/A\n")
        for number, one in enumerate(addresses):
            named = full or number == 0
            name = interface.name if named else "-"
            mac = (interface.hwaddr or "") if named else "-"
            where = f"{one['protocol']:<12} {one['address']}/{one['prefix']}"
            lines.append(f" {name:<10} {mac:<17}    {where}\n")
    return Text("interfaces", "".join(lines), value, head=head, end="")


_DISK_ERRORS = ("no error", "unspecified error", "no space")


@command(
    "domblkerror",
    "I/O errors of a domain's disks",
    "Print which disks of a domain have an I/O error.",
    (RUNNING,),
    examples=(("domblkerror test", "a reason why it may be paused"),),
    returns="disks[target error]",
)
def domblkerror(domain: Domain) -> Text:
    found = domain.disk_errors()
    value = [
        {"target": disk, "error": _DISK_ERRORS[code] if 0 <= code < len(_DISK_ERRORS) else "unknown"}
        for disk, code in found.items()
    ]
    if not value:
        return Text("disks", "No errors found", [])
    return Text("disks", "".join(f"{one['target']}: {one['error']}\n" for one in value), value, end="")


# libvirt's tags by virsh's names.
_TAGS = {
    MemoryStatTags.SWAP_IN: "swap_in",
    MemoryStatTags.SWAP_OUT: "swap_out",
    MemoryStatTags.MAJOR_FAULT: "major_fault",
    MemoryStatTags.MINOR_FAULT: "minor_fault",
    MemoryStatTags.UNUSED: "unused",
    MemoryStatTags.AVAILABLE: "available",
    MemoryStatTags.USABLE: "usable",
    MemoryStatTags.ACTUAL_BALLOON: "actual",
    MemoryStatTags.RSS: "rss",
    MemoryStatTags.LAST_UPDATE: "last_update",
    MemoryStatTags.DISK_CACHES: "disk_caches",
    MemoryStatTags.HUGETLB_PGALLOC: "hugetlb_pgalloc",
    MemoryStatTags.HUGETLB_PGFAIL: "hugetlb_pgfail",
}


@command(
    "dommemstat",
    "memory figures of a domain",
    "Print the memory figures of a guest, or set how often they are collected.",
    (RUNNING, option("period", Int(), "interval of the figures in seconds; 0: none", named_only=True), CONFIG, LIVE,
     CURRENT),
    constraints=IMPACT_CLASHES,
    examples=(("dommemstat test", "in KiB"), ("dommemstat test --period 10 --live", "figures every 10 seconds")),
    returns="stats",
)  # fmt: skip
def dommemstat(domain: Domain, period: int | None, flags: int, args: Arguments) -> Text | None:
    if period is not None:
        if period < 0:
            raise Failure(f"Invalid collection period value '{period}'")
        with failing("Unable to change balloon collection period."):
            domain.set_memory_stats_period(period, flags=flags)
        return None
    with failing(f"Failed to get memory statistics for domain {args.text('domain')}"):
        found = domain.memory_stats()
    value = {_TAGS[MemoryStatTags(tag)]: number for tag, number in found.items() if tag in _TAGS}
    return Text("stats", "".join(f"{name} {number}\n" for name, number in value.items()), value, end="")


@command(
    "domtime",
    "print or set a guest's clock",
    "Print or set the clock of a guest, with the help of its agent.",
    (
        RUNNING,
        flag("now", "set it to the host's time"),
        flag("pretty", "print it as a date"),
        flag("sync", "have the guest read its hardware clock"),
        option("time", Int(-(1 << 63), (1 << 63) - 1), "seconds since 1970 to set it to"),
    ),
    constraints=(Exclusive("time", "now"), Exclusive("time", "sync"), Exclusive("now", "sync")),
    examples=(("domtime test --pretty", "as people write it"), ("domtime test --sync", "after a long pause")),
    returns="time nanoseconds",
)
def domtime(domain: Domain, now: bool, pretty: bool, sync: bool, args: Arguments) -> Text | None:
    if now or sync or args["time"] is not None:
        from time import time

        seconds = args["time"] if args["time"] is not None else int(time()) if now else 0
        domain.set_time(seconds, 0, flags=SetTimeFlags.SYNC if sync else 0)
        return None
    seconds, nanoseconds = domain.time()
    shown = str(seconds)
    if pretty:
        from time import gmtime, strftime

        shown = strftime("%Y-%m-%d %H:%M:%S", gmtime(seconds))
    return Text("time", f"Time: {shown}", seconds, end="", nanoseconds=nanoseconds)
