"""Networking: virtual networks, their leases and their ports."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import (
    ListNetworksFlags,
    NetworkCreateFlags,
    NetworkDefineFlags,
    NetworkPortCreateFlags,
    NetworkUpdateCommand,
    NetworkUpdateSection,
    NetworkXMLFlags,
)
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Reads, argument, command, flag, option
from virshpy.shell.lang.types import STRING, Choice, File, Int, Type
from virshpy.shell.nouns.lists import FORMS, autostart_field, lasting, one_form, which
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import NetworkType
from virshpy.shell.nouns.options import IMPACT_CLASHES, WRAP, XPATH, changed, impact, inactive, selected, validate
from virshpy.shell.render.readable import truth
from virshpy.shell.render.results import Document, Field, Fields, Lines, Message, Shown, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from virshpy.api.network import Network, NetworkPort
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session


def _with_the_host(session: Session) -> list[str]:
    """The networks that are to start with the host and are not active."""
    wanted = ListNetworksFlags.AUTOSTART | ListNetworksFlags.INACTIVE
    return sorted(network.name for network in session.connection.list_networks(flags=wanted))


net = Noun("net", "network", NetworkType, "network {name}", example="default")
net.from_file("define", validate(NetworkDefineFlags.VALIDATE), example="lab.xml", why="then: net-start lab")
net.from_file("create", validate(NetworkCreateFlags.VALIDATE), example="lab.xml", why="a network for this afternoon")
net.verb(
    "start", "started", "start a defined network",
    flag("autostart", "every network that is to start with the host, in the order of their names"),
    method="create", on="inactive", instead={"autostart": _with_the_host},
)  # fmt: skip
net.verb("destroy", "destroyed", "stop a network at once; its definition stays", on="active")
net.verb("undefine", "has been undefined", "remove the definition of a network")
net.autostart()
net.dumpxml(inactive(NetworkXMLFlags.INACTIVE))
net.edit(NetworkXMLFlags.INACTIVE, 0)
net.tells("name", "uuid", "dd8fe884-6c02-601e-7551-cca97df1c5df", returns="name uuid")
net.tells("uuid", "name", returns="name uuid")
net.notes()
net.list(
    "networks",
    *("name", "state", "autostart", "persistent", "uuid"),
    options=(*which("networks", ListNetworksFlags), *lasting("networks", ListNetworksFlags), *FORMS),
    active=ListNetworksFlags.ACTIVE,
    counted="Failed to get the number of active networks",
    example=(" --all", "every network, with its state"),
)
_NETWORK = net.argument()


@command(
    "net-info",
    "facts about a network",
    "Print the basic facts about a network.",
    (_NETWORK,),
    examples=(("net-info default", "its bridge, and whether it starts with the host"),),
    returns="name uuid active persistent autostart bridge",
)
def net_info(network: Network) -> Fields:
    fields = [
        Field("name", "Name", network.name),
        Field("uuid", "UUID", network.uuid),
        truth("active", "Active", network.is_active()),
        truth("persistent", "Persistent", network.is_persistent()),
        autostart_field(network),
    ]
    try:
        fields.append(Field("bridge", "Bridge", network.bridge_name()))
    except errors.Error:
        fields.append(Field("bridge", None, None))
    return Fields(fields, 16)


class _Update(Choice):
    """The members of an enumeration as libvirt's XML spells them; the value is the number."""

    def __init__(self, members: Mapping[str, int], complaint: str) -> None:
        super().__init__(*members)
        self.members = members
        self.complaint = complaint

    def convert(self, text: str, name: str) -> int:  # type: ignore[override]
        if text not in self.members:
            raise Failure(self.complaint % text)
        return self.members[text]


_COMMANDS = {
    "modify": NetworkUpdateCommand.MODIFY,
    "delete": NetworkUpdateCommand.DELETE,
    "add-last": NetworkUpdateCommand.ADD_LAST,
    "add": NetworkUpdateCommand.ADD_LAST,
    "add-first": NetworkUpdateCommand.ADD_FIRST,
}
_SECTIONS = {
    section.name.lower().replace("_", "-"): int(section)
    for section in NetworkUpdateSection
    if section.name and section > 0
}


class XMLOrFile(File):
    """An element as it is, or a file that holds it."""

    def resolve(self, text: str, name: str, session: Session) -> str:
        return text if text.startswith("<") else super().resolve(text, name, session)


@command(
    "net-update",
    "change a part of a network",
    "Add, replace or remove one element in the XML of a running network, of its\ndefinition, or of both.",
    (
        _NETWORK,
        argument("command", _Update(_COMMANDS, "unrecognized command name '%s'"), "add-first, add-last (add), "
                 "delete or modify"),
        argument("section", _Update(_SECTIONS, "unrecognized section name '%s'"), "the part, such as ip-dhcp-host"),
        argument("xml", XMLOrFile(), "the element, or a file that holds it"),
        option("parent-index", Int(), "which of several parents, counted from 0"),
        *impact("network"),
    ),
    constraints=IMPACT_CLASHES,
    examples=(
        ("net-update default add ip-dhcp-host \"<host mac='52:54:00:00:00:01' ip='192.168.122.9'/>\" --live --config",
         "a fixed address for a guest"),
    ),
    returns="message name uuid",
)  # fmt: skip
def net_update(session: Session, args: Arguments) -> Message:
    network: Network = args["network"]
    typed = args.text("network")
    parent = -1 if args["parent-index"] is None else args["parent-index"]
    with failing(f"Failed to update network {typed}"):
        network.update(args["command"], args["section"], parent, args["xml"], flags=args.flags)
    return Message(
        f"Updated network {network.name} {changed(network, args)}", end="", name=network.name, uuid=network.uuid
    )


@command(
    "net-dhcp-leases",
    "DHCP leases of a network",
    "Print the DHCP leases of a network, or those of one MAC address.",
    (net.argument(on="active"), option("mac", STRING.offering("LEASED_MACS"), "only the lease of this MAC address")),
    constraints=(Reads("mac"),),
    examples=(("net-dhcp-leases default", "which guest has which address"),),
    returns="leases[expiry_time mac protocol address prefix hostname client_id]",
)
def net_dhcp_leases(network: Network, mac: str | None, args: Arguments) -> Table:
    from time import localtime, strftime

    with failing(f"Failed to get leases info for {args.text('network')}"):
        leases = network.dhcp_leases(mac)
    rows = []
    for lease in leases:
        until = strftime("%Y-%m-%d %H:%M:%S", localtime(lease.expiry_time)) if lease.expiry_time else ""
        protocol = {0: "ipv4", 1: "ipv6"}.get(lease.type, "")
        identifier = lease.iaid and lease.clientid or lease.clientid or lease.iaid
        expiry = Shown(lease.expiry_time or None, until)
        address = Shown(lease.ipaddr, f"{lease.ipaddr}/{lease.prefix}")
        rows.append((expiry, lease.mac, protocol, address, lease.prefix, lease.hostname, identifier))
    columns = [
        ("expiry_time", "Expiry Time"),
        ("mac", "MAC address"),
        ("protocol", "Protocol"),
        ("address", "IP address"),
        ("prefix", None),
        ("hostname", "Hostname"),
        ("client_id", "Client ID or DUID"),
    ]
    return Table("leases", columns, sorted(rows, key=lambda row: row[0].text))


# ports
class PortType(Type):
    """The UUID of a port of the network named beside it; the handler looks it up."""

    def complete_beside(self, given: dict[str, list[str]], prefix: str, session: Session) -> Iterable[Candidate]:
        if "network" not in given:
            return ()
        network = NetworkType().resolve(given["network"][0], "network", session)
        return [(port.uuid, "port") for port in network.list_ports()]


# virsh does not say why it has found no network, where a port of one was asked for.
_QUIET = argument("network", NetworkType(quiet=True), "name or UUID of a network")
_PORT = argument("port", PortType(), "UUID of a port")


def _port(args: Arguments) -> NetworkPort:
    typed = args.text("port")
    try:
        found: NetworkPort = args["network"].port_lookup_by_uuid(typed)
        return found
    except errors.Error as error:
        raise Failure(f"failed to get network port '{typed}'", error, quiet_cause=True) from error


@command(
    "net-port-list",
    "list the ports of a network",
    "List the ports of a network, to which guests' interfaces are connected.",
    (_NETWORK, FORMS[0], FORMS[2]),
    examples=(("net-port-list default --uuid", "a line for each port"),),
    returns="ports[uuid]",
)
def net_port_list(network: Network, args: Arguments) -> Result:
    one_form(args, "table", "uuid")
    rows = [(uuid,) for uuid in sorted(port.uuid for port in network.list_ports())]
    return Lines("ports", ["uuid"], rows) if "uuid" in args else Table("ports", [("uuid", "UUID")], rows)


@command(
    "net-port-create",
    "make a port of a network from a file",
    "Make a port of a network; starting a guest does this by itself.",
    (_NETWORK, argument("file", File(), "file with the port's XML"), validate(NetworkPortCreateFlags.VALIDATE)),
    examples=(("net-port-create default port.xml", "for a program that connects by itself"),),
    returns="message uuid",
)
def net_port_create(network: Network, file: str, args: Arguments) -> Message:
    typed = args.text("file")
    with failing(f"Failed to create network from {typed}"):
        port = network.port_create_xml(file, flags=args.flags)
    return Message(f"Network port {port.uuid} created from {typed}", uuid=port.uuid)


@command(
    "net-port-dumpxml",
    "print the XML of a port",
    "Print the XML of a port of a network.",
    (_QUIET, _PORT, XPATH, WRAP),
    examples=(("net-port-dumpxml default 12345678-0000-0000-0000-123456789abc", "who is connected there"),),
    returns="xml",
)
def net_port_dumpxml(args: Arguments) -> Document:
    return selected(_port(args).xml_desc(), args)


@command(
    "net-port-delete",
    "remove a port of a network",
    "Remove a port of a network; a guest that uses it loses its connection.",
    (_QUIET, _PORT),
    examples=(("net-port-delete default 12345678-0000-0000-0000-123456789abc", "when its user is gone"),),
    returns="message uuid",
)
def net_port_delete(args: Arguments) -> Message:
    typed = args.text("port")
    port = _port(args)
    with failing(f"Failed to delete network port {typed}"):
        port.delete()
    return Message(f"Network port {typed} deleted", uuid=port.uuid)


net.events(("lifecycle",), ("Defined", "Undefined", "Started", "Stopped"))
