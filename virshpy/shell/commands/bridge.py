"""Interface: bridges that are made of one interface of the host, and taken apart again."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import InterfaceXMLFlags
from virshpy.shell.edit_tree import appended, parsed, printed, removed
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import argument, command, flag, option
from virshpy.shell.lang.types import STRING, AnyText, UInt
from virshpy.shell.nouns.objects import InterfaceType
from virshpy.shell.render.results import Message
from virshpy.xml.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from virshpy.api.interface import Interface
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

# What stays with the port while everything else goes to the bridge.
_OF_THE_PORT = ("mac", "bond", "vlan")


def _bridged(xml: str, name: str, bridge: str, *, stp: bool, delay: int) -> str:
    """The document of a bridge with the interface in it. Raises Failure."""
    root = parsed(xml, "(interface definition)", "interface")
    kind = root.attrs.get("type")
    if kind is None:
        raise Failure(f"Existing device {name} has no type", kind="state")
    if kind == "bridge":
        raise Failure(f"Existing device {name} is already a bridge", kind="state")
    own_name = root.attrs.get("name", "")
    if own_name != name:
        raise Failure(f"Interface name from config {own_name} doesn't match given supplied name {name}")
    attributes = {"stp": "on" if stp else "off"}
    if stp:
        attributes["delay"] = str(delay)
    port = Node("interface", {"type": kind, "name": own_name})
    for child in [child for child in root.children if child.tag in _OF_THE_PORT]:
        removed(root, child)
        appended(port, child)
    holder = Node("bridge", attributes)
    appended(holder, port)
    appended(root, holder)
    root.attrs.update(type="bridge", name=bridge)
    return printed(root)


def _unbridged(xml: str, bridge: str) -> tuple[str, str]:
    """The document of the only interface in a bridge, and its name. Raises Failure."""
    root = parsed(xml, "(bridge interface definition)", "interface")
    if root.attrs.get("type") is None:
        raise Failure(f"Existing device {bridge} has no type", kind="state")
    if root.attrs["type"] != "bridge":
        raise Failure(f"Device {bridge} is not a bridge", kind="state")
    own_name = root.attrs.get("name", "")
    if own_name != bridge:
        raise Failure(f"Interface name from config {own_name} doesn't match given supplied name {bridge}")
    holder = root.find("bridge")
    if holder is None:
        raise Failure("No bridge node in xml document", kind="state")
    ports = [child for child in holder.children if child.tag == "interface"]
    if len(ports) > 1:
        raise Failure("Multiple interfaces attached to bridge", kind="state")
    if not ports:
        raise Failure("No interface attached to bridge", kind="state")
    name, kind = ports[0].attrs.get("name"), ports[0].attrs.get("type")
    if name is None:
        raise Failure(f"Device attached to bridge {bridge} has no name", kind="state")
    if kind is None:
        raise Failure(f"Attached device {name} has no type", kind="state")
    removed(root, holder)
    for child in [child for child in ports[0].children if child.tag in _OF_THE_PORT]:
        appended(root, child)
    root.attrs.update(type=kind, name=name)
    return printed(root), name


class Seconds(AnyText):
    """A number, read by the handler."""

    word = "number"


@command(
    "iface-bridge",
    "put an interface of the host into a new bridge",
    "Make a bridge with the interface as its port; the addresses move to the\nbridge.",
    (
        argument("interface", STRING.offering("HOST_INTERFACES"), "name or MAC address of an interface"),
        argument("bridge", STRING, "name of the new bridge", late=True),
        flag("no-stp", "without the spanning tree protocol"),
        option("delay", Seconds(), "seconds for which a new port forwards nothing"),
        flag("no-start", "do not start it"),
    ),
    examples=(("iface-bridge eth1 br0", "guests may then be on the same network"),),
    returns="message name",
)
def iface_bridge(session: Session, args: Arguments) -> Iterable[Result]:
    connection = session.connection
    interface: Interface = InterfaceType().resolve(args["interface"], "interface", session)
    bridge = args["bridge"]
    try:
        connection.interface_lookup_by_name(bridge)
    except errors.Error as error:
        absent = error
    else:
        raise Failure(f"Network device {bridge} already exists", kind="state")
    try:
        delay = UInt().convert(args["delay"], "delay") if args["delay"] is not None else 0
    except Failure as failure:
        # What virsh found out last is what it says then.
        raise Failure(failure.message, absent) from None
    # An interface that is up may differ from what is configured; the configuration is what is changed.
    xml = _bridged(interface.xml_desc(flags=InterfaceXMLFlags.INACTIVE), args["interface"], bridge,
                  stp="no-stp" not in args, delay=delay)  # fmt: skip
    with failing(f"Failed to define new bridge interface {bridge}"):
        made = connection.interface_define_xml(xml)
    yield Message(f"Created bridge {bridge} with attached device {args['interface']}", name=bridge)
    if "no-start" not in args:
        with failing(f"Failed to start bridge interface {bridge}"):
            made.create()
        yield Message(f"Bridge interface {bridge} started", name=bridge)


@command(
    "iface-unbridge",
    "take an interface of the host out of its bridge",
    "Remove a bridge that has one port, and give its addresses to the port.",
    (argument("bridge", InterfaceType("name"), "name of the bridge"), flag("no-start", "do not start the interface")),
    examples=(("iface-unbridge br0", "the reverse of iface-bridge"),),
    returns="message name",
)
def iface_unbridge(session: Session, bridge: Interface, args: Arguments) -> Iterable[Result]:
    connection, name = session.connection, args.text("bridge")
    xml, port = _unbridged(bridge.xml_desc(flags=InterfaceXMLFlags.INACTIVE), name)
    if bridge.is_active():
        with failing(f"Failed to destroy bridge interface {name}"):
            bridge.destroy()
    with failing(f"Failed to undefine bridge interface {name}"):
        bridge.undefine()
    with failing(f"Failed to define new interface {port}"):
        made = connection.interface_define_xml(xml)
    yield Message(f"Device {port} un-attached from bridge {name}", name=port)
    if "no-start" not in args:
        with failing(f"Failed to start interface {port}"):
            made.create()
        yield Message(f"Interface {port} started", name=port)
