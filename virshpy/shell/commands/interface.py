"""Interface: the host's own network interfaces."""

from __future__ import annotations

from operator import attrgetter

from virshpy import errors
from virshpy.enums import InterfaceDefineFlags, InterfaceXMLFlags, ListInterfacesFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, argument, command, flag, option
from virshpy.shell.lang.types import STRING, AnyText, UInt
from virshpy.shell.nouns.lists import which
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import InterfaceType
from virshpy.shell.nouns.options import inactive, validate
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from virshpy.api.connection import Connection
    from virshpy.api.interface import Interface
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

iface = Noun("iface", "interface", InterfaceType, "interface {name}", what="an interface of the host", example="eth1")
iface.from_file(
    "define",
    validate(InterfaceDefineFlags.VALIDATE),
    help=(
        "define an interface of the host from a file",
        "Make an interface in the host's network configuration, or change one,\nwithout starting it.",
    ),
    example="br0.xml",
    why="then: iface-start br0",
)
iface.dumpxml(inactive(InterfaceXMLFlags.INACTIVE))
iface.edit(InterfaceXMLFlags.INACTIVE)
iface.verb(
    "start",
    "started",
    "bring an interface of the host up",
    "Bring an interface of the host up.",
    method="create",
    on="inactive",
)
iface.verb(
    "destroy",
    "destroyed",
    "take an interface of the host down",
    "Take an interface of the host down. Its configuration stays.",
    on="active",
)
iface.verb(
    "undefine",
    "undefined",
    "remove an interface of the host",
    "Remove an interface from the host's network configuration.",
)
iface.tells(
    "name",
    "mac",
    "aa:bb:cc:dd:ee:ff",
    "such as: eth1",
    description="Print the name of the interface of the host that has this MAC address.",
)
iface.tells("mac", "name", "eth1", "such as: aa:bb:cc:dd:ee:ff")
iface.list(
    "interfaces",
    *("name", "state", ("mac", "MAC Address", attrgetter("mac"))),
    options=which("interfaces", ListInterfacesFlags),
    active=ListInterfacesFlags.ACTIVE,
    counted="Failed to list {which} interfaces",
    constraints=(Exclusive("all", "inactive"),),
    example=(" --all", "every interface, with its MAC address"),
)


def _declare_change(
    name: str, summary: str, description: str, act: Callable[[Connection], None], verb: str, done: str, example: str
) -> None:
    @command(name, summary, description, examples=((name, example),), returns="message")
    def change(session: Session, args: Arguments) -> Message:
        with failing(f"Failed to {verb} network config change transaction"):
            act(session.connection)
        return Message(f"Network config change transaction {done}")


_declare_change(
    "iface-begin",
    "remember the host's network configuration",
    "Keep the present network configuration, to go back to with iface-rollback.",
    lambda connection: connection.interface_change_begin(),
    "begin",
    "started",
    "before changes over the network",
)
_declare_change(
    "iface-commit",
    "keep changes of the host's network configuration",
    "Throw away what iface-begin has kept.",
    lambda connection: connection.interface_change_commit(),
    "commit",
    "committed",
    "the changes work",
)
_declare_change(
    "iface-rollback",
    "take changes of the host's network configuration back",
    "Put the network configuration back to what iface-begin has kept.",
    lambda connection: connection.interface_change_rollback(),
    "rollback",
    "rolled back",
    "the changes do not work",
)


class Seconds(AnyText):
    """A number, read by the handler."""

    word = "number"


@command(
    "iface-bridge",
    "put an interface of the host into a new bridge",
    "Make a bridge that has the interface as its port and takes its addresses\nover.",
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
    from virshpy.shell.bridges import bridged

    connection = session.connection
    interface: Interface = InterfaceType().resolve(args["interface"], "interface", session)
    bridge = args["bridge"]
    try:
        connection.interface_lookup_by_name(bridge)
    except errors.Error as error:
        absent = error
    else:
        raise Failure(f"Network device {bridge} already exists")
    try:
        delay = UInt().convert(args["delay"], "delay") if args["delay"] is not None else 0
    except Failure as failure:
        # What virsh found out last is what it says then.
        raise Failure(failure.message, absent) from None
    # An interface that is up may differ from what is configured; the configuration is what is changed.
    xml = bridged(interface.xml_desc(flags=InterfaceXMLFlags.INACTIVE), args["interface"], bridge,
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
def iface_unbridge(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.bridges import unbridged

    connection = session.connection
    bridge: Interface = args["bridge"]
    name = args.text("bridge")
    xml, port = unbridged(bridge.xml_desc(flags=InterfaceXMLFlags.INACTIVE), name)
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
