"""Devices of a domain: attached, detached and changed, from files or where they are."""

from __future__ import annotations

from virshpy.enums import DeviceModifyFlags, ModificationImpact
from virshpy.shell.commands.domain.options import (
    CONFIG,
    CURRENT,
    DOMAIN,
    IMPACT,
    LIVE,
    PERSISTENT,
    explicit,
    lasting_impact,
)
from virshpy.shell.edit_tree import appended, parsed, printed, removed, set_text
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Exclusive, Reads, argument, command, flag, option
from virshpy.shell.lang.types import STRING, Choice, File, KiB, Path, UInt
from virshpy.shell.nouns.objects import DeviceAlias, DiskName, InterfaceName, MacAddress, is_mac
from virshpy.shell.nouns.options import IMPACT_CLASHES, PRINT_XML
from virshpy.shell.render.results import Document, Message
from virshpy.xml.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result

_FILE = argument("file", File(), "file with the device's XML")
_DEEP = 2  # /domain/devices
_INACTIVE = 2  # VIR_DOMAIN_XML_INACTIVE


def _done(args: Arguments, sentence: str) -> Message:
    return Message(sentence, domain=args["domain"].name)


@command(
    "attach-device",
    "give a domain a device, from a file",
    "Attach a device to a domain, as its XML says.",
    (DOMAIN, _FILE, *PERSISTENT, *IMPACT),
    examples=(("attach-device test disk.xml --persistent", "now and after its next start"),),
    returns="message domain",
)
def attach_device(domain: Domain, file: str, args: Arguments) -> Message:
    with failing(f"Failed to attach device from {args.text('file')}"):
        domain.attach_device(file, **explicit(args, lasting_impact(args)))
    return _done(args, "Device attached successfully")


@command(
    "detach-device",
    "take a device from a domain, from a file",
    "Detach the device of a domain that its XML describes.",
    (DOMAIN, _FILE, *PERSISTENT, *IMPACT),
    examples=(("detach-device test disk.xml --live", "until its next start"),),
    returns="message domain",
)
def detach_device(domain: Domain, file: str, args: Arguments) -> Message:
    with failing(f"Failed to detach device from {args.text('file')}"):
        domain.detach_device(file, **explicit(args, lasting_impact(args)))
    return _done(args, "Device detached successfully")


@command(
    "update-device",
    "change a device of a domain, from a file",
    "Change a device of a domain to what its XML says.",
    (
        DOMAIN,
        _FILE,
        *PERSISTENT,
        *IMPACT,
        flag("force", "even where the guest holds on to it", adds=DeviceModifyFlags.FORCE),
    ),
    examples=(("update-device test nic.xml --live", "such as another network"),),
    returns="message domain",
)
def update_device(domain: Domain, file: str, args: Arguments) -> Message:
    flags = lasting_impact(args)
    with failing(f"Failed to update device from {args.text('file')}"):
        domain.update_device(file, flags=flags)
    return _done(args, "Device updated successfully")


@command(
    "detach-device-alias",
    "take a device from a domain, by its alias",
    "Ask a guest to release a device. The command does not wait for it.",
    (DOMAIN, argument("alias", DeviceAlias(), "alias of a device, such as virtio-disk0"), *IMPACT),
    examples=(("detach-device-alias test ua-scratch --live", "a device with an alias from its definition"),),
    returns="message domain",
)
def detach_device_alias(domain: Domain, alias: str, flags: int, args: Arguments) -> Message:
    with failing(f"Failed to detach device with alias {alias}"):
        domain.detach_device_alias(alias, flags=flags)
    return _done(args, "Device detach request sent successfully")


def _tree(domain: Domain, inactive: bool) -> Node:
    """The devices of a domain, blanks kept, so that one can be printed as it stands there."""
    root = parsed(domain.xml_desc(flags=_INACTIVE if inactive else 0), "(domain_definition)", "domain")
    found = root.find("devices")
    if found is None:
        raise Failure("Failed to get devices of the domain", kind="absent")
    return found


def _devices(domain: Domain, tag: str, inactive: bool) -> list[Node]:
    return [child for child in _tree(domain, inactive).children if child.tag == tag]


def _attribute(node: Node, tag: str, name: str) -> str | None:
    child = node.find(tag)
    return None if child is None else child.attrs.get(name)


def _from_definition(args: Arguments) -> bool:
    """Whether a device is looked for in the definition rather than in the running domain."""
    if "config" in args and "live" not in args:
        return True
    return "persistent" in args and not args["domain"].is_active()


# disks
def _is_disk(node: Node, name: str) -> bool:
    if _attribute(node, "target", "dev") == name:
        return True
    source = node.find("source")
    return source is not None and any(source.attrs.get(key) == name for key in ("file", "dev", "dir", "name"))


def _disk(args: Arguments, name: str, *, removable: bool) -> Node:
    for node in _devices(args["domain"], "disk", _from_definition(args)):
        if removable and node.attrs.get("device") not in ("cdrom", "floppy"):
            continue
        if _is_disk(node, name):
            return node
    raise Failure(f"No disk found whose source path or target is {name}", kind="absent")


@command(
    "detach-disk",
    "take a disk from a domain",
    "Detach the disk of a domain that has this target or source.",
    (DOMAIN, argument("target", DiskName(), "target or source of a disk"), *PERSISTENT, *IMPACT, PRINT_XML),
    examples=(("detach-disk test vdb --persistent", "now and after its next start"),),
    returns="message domain | xml",
)
def detach_disk(domain: Domain, target: str, print_xml: bool, args: Arguments) -> Result:
    xml = printed(_disk(args, target, removable=False), _DEEP)
    if print_xml:
        return Document(xml)
    with failing("Failed to detach disk"):
        domain.detach_device(xml, **explicit(args, lasting_impact(args)))
    return _done(args, "Disk detached successfully")


@command(
    "change-media",
    "change what is in a CD-ROM or floppy drive",
    "Put a medium into a drive of a domain, take it out, or exchange it.",
    (
        DOMAIN,
        argument("path", STRING.offering("DRIVES"), "target or source of the drive"),
        option("source", Path(), "the medium"),
        flag("eject", "take the medium out"),
        flag("insert", "put a medium in"),
        flag("update", "exchange the medium"),
        CURRENT,
        LIVE,
        CONFIG,
        flag("force", "even where the guest has locked the drive", adds=DeviceModifyFlags.FORCE),
        PRINT_XML,
        flag("block", "the medium is a device of the host"),
    ),
    constraints=(
        Exclusive("eject", "insert"),
        Exclusive("eject", "update"),
        Exclusive("insert", "update"),
        Exclusive("eject", "block"),
        Reads("source"),
        *IMPACT_CLASHES,
        Reads("domain", "path"),
    ),
    examples=(
        ("change-media test hdc debian.img --update", "the next disc"),
        ("change-media test hdc --eject", "an empty drive"),
    ),
    returns="message domain target | xml",
)
def change_media(domain: Domain, path: str, print_xml: bool, flags: int, args: Arguments) -> Result:
    action = next((name for name in ("eject", "insert") if name in args), "update")
    node = _disk(args, path, removable=True)
    source = node.find("source")
    target = _attribute(node, "target", "dev") or path
    if action == "eject":
        if source is None:
            raise Failure(f"The disk device '{target}' doesn't have media", kind="state")
        removed(node, source)
    else:
        if action == "insert" and source is not None and any(name in source.attrs for name in ("file", "dev")):
            raise Failure(f"The disk device '{target}' already has media", kind="state")
        if not args["source"]:
            raise Failure("New disk media source was not specified")
        if source is not None:
            removed(node, source)
        block = "block" in args
        node.attrs["type"] = "block" if block else "file"
        appended(node, Node("source", {"dev" if block else "file": args["source"]}))
    xml = printed(node, _DEEP)
    if print_xml:
        return Document(xml)
    with failing(f"Failed to complete action {action} on media"):
        domain.update_device(xml, flags=flags)
    verb = {"eject": "ejected", "insert": "inserted", "update": "updated"}[action]
    return Message(f"Successfully {verb} media.", domain=domain.name, target=target, end="")


# network interfaces
def _interface(args: Arguments, config: bool) -> Node:
    """The one that --type and --mac mean, of the definition or of the domain as it runs. Raises Failure."""
    kind, mac = args["type"], args["mac"]
    found = [node for node in _devices(args["domain"], "interface", config) if node.attrs.get("type") == kind]
    if not found:
        raise Failure(f"No interface found whose type is {kind}", kind="absent")
    if not mac:
        if len(found) > 1:
            raise Failure(f"Domain has {len(found)} interfaces. Please specify which one to detach using --mac")
        return found[0]
    matching = [node for node in found if (_attribute(node, "mac", "address") or "").lower() == mac.lower()]
    if len(matching) > 1:
        raise Failure(
            f"Domain has multiple interfaces matching MAC address {mac}. You must use detach-device and specify the "
            "device pci address to remove it."
        )
    if not matching:
        raise Failure(f"No interface with MAC address {mac} was found", kind="absent")
    return matching[0]


@command(
    "detach-interface",
    "take a network interface from a domain",
    "Detach the network interface of a domain that has this type and, where\nthere are several, this MAC address.",
    (
        DOMAIN,
        argument("type", Choice("network", "bridge", "direct", "hostdev", "user"), "type of the interface", late=True),
        option("mac", MacAddress(), "its MAC address", late=True),
        *PERSISTENT,
        *IMPACT,
        PRINT_XML,
    ),
    examples=(("detach-interface test network --mac aa:bb:cc:dd:ee:ff", "one of several"),),
    returns="message domain | xml",
)
def detach_interface(domain: Domain, print_xml: bool, args: Arguments) -> Result:
    flags = lasting_impact(args)
    config, live = flags & ModificationImpact.CONFIG, flags & ModificationImpact.LIVE
    # virsh looks for it in each document and makes a call for each.
    impacts = [*((config,) if config else ()), *((live,) if live or not config else ())]
    sentence = "Failed to detach interface"
    documents = []
    for one in impacts:
        try:
            xml = printed(_interface(args, config=bool(one & config)), _DEEP)
        except Failure as failure:
            if failure.option is not None or not print_xml or config:
                failure.also = sentence
            raise
        documents.append(xml)
        if not print_xml:
            with failing(sentence):
                domain.detach_device(xml, **explicit(args, one))
    if print_xml:
        return Document("".join(documents))
    return _done(args, "Interface detached successfully")


@command(
    "domif-setlink",
    "set the link state of a network interface",
    "Set the link of a domain's network interface up or down.",
    (
        DOMAIN,
        argument("interface", InterfaceName(), "target or MAC address of a network interface"),
        argument("state", Choice("up", "down"), "up or down"),
        flag("config", "of the definition"),
        PRINT_XML,
    ),
    aliases=(Alias("persistent", "config"),),
    examples=(("domif-setlink test testnet0 down", "see what the guest does without it"),),
    returns="message domain | xml",
)
def domif_setlink(domain: Domain, interface: str, state: str, print_xml: bool, args: Arguments) -> Result:
    if state not in ("up", "down"):
        raise Failure(f"invalid link state '{state}'")
    config = "config" in args or not domain.is_active()
    flags = DeviceModifyFlags.CONFIG if config else DeviceModifyFlags.LIVE
    element, attribute = ("mac", "address") if is_mac(interface) else ("target", "dev")
    for node in _devices(domain, "interface", config):
        if (_attribute(node, element, attribute) or "").lower() == interface.lower():
            break
    else:
        raise Failure(f"interface '{interface}' not found", kind="absent")
    link = node.find("link")
    if link is not None:
        link.attrs["state"] = state
    xml = printed(node, _DEEP)
    if link is None:
        # virsh's addition has no line of its own.
        xml = xml.removesuffix("</interface>") + f'<link state="{state}"/></interface>'
    if print_xml:
        return Document(xml)
    with failing("Failed to update interface link state"):
        domain.update_device(xml, flags=flags)
    return _done(args, "Device updated successfully")


# memory
@command(
    "update-memory-device",
    "change a memory device of a domain",
    "Change how much of a virtio-mem device the guest is to use.",
    (
        DOMAIN,
        *IMPACT,
        PRINT_XML,
        option("alias", DeviceAlias(), "alias of the device"),
        option("node", UInt().offering("MEMORY_NODES"), "the guest's NUMA node that it belongs to"),
        option("requested-size", KiB(), "how much, in KiB or with a unit", late=True),
    ),
    constraints=(Exclusive("node", "alias"),),
    examples=(("update-memory-device test --requested-size 1G", "let it use so much"),),
    returns="message domain | xml",
)
def update_memory_device(domain: Domain, alias: str | None, flags: int, args: Arguments) -> Result:
    found = []
    for node in _devices(domain, "memory", "config" in args and "live" not in args):
        if alias and _attribute(node, "alias", "name") != alias:
            continue
        target = node.find("target")
        number = target.find("node") if target is not None else None
        if args["node"] is not None and (number is None or number.text.strip() != str(args["node"])):
            continue
        found.append(node)
    if not found:
        raise Failure("no memory device found", kind="absent")
    if len(found) > 1:
        raise Failure("multiple memory devices found, use --alias or --node to select one")
    (device,) = found
    requested_size = args["requested-size"]
    if requested_size is not None:
        target = device.find("target")
        requested = target.find("requested") if target is not None else None
        if requested is None:
            raise Failure("virtio-mem device is missing <requested/>", kind="state")
        requested.attrs["unit"] = "KiB"
        set_text(requested, str(requested_size))
    xml = printed(device, _DEEP)
    if "print-xml" in args:
        return Document(xml)
    domain.update_device(xml, flags=flags)
    return _done(args, "Device updated successfully")
