"""Interface: the host's own network interfaces."""

from __future__ import annotations

from operator import attrgetter

from virshpy.enums import InterfaceDefineFlags, InterfaceXMLFlags, ListInterfacesFlags
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import Exclusive, command
from virshpy.shell.nouns.lists import which
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import InterfaceType
from virshpy.shell.nouns.options import inactive, validate
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
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
iface.verb("start", "started", "bring an interface of the host up", method="create", on="inactive")
iface.verb("destroy", "destroyed", "take an interface of the host down; its definition stays", on="active")
iface.verb("undefine", "undefined", "remove an interface from the host's configuration")
iface.tells(
    "name",
    "mac",
    "aa:bb:cc:dd:ee:ff",
    description="Print the name of the interface of the host that has this MAC address.",
)
iface.tells("mac", "name", why="such as: aa:bb:cc:dd:ee:ff")
iface.list(
    "interfaces",
    *("name", "state", ("mac", "MAC Address", attrgetter("mac"))),
    options=which("interfaces", ListInterfacesFlags),
    active=ListInterfacesFlags.ACTIVE,
    counted="Failed to list {which} interfaces",
    constraints=(Exclusive("all", "inactive"),),
    example=(" --all", "every interface, with its MAC address"),
)


def _declare_change(verb: str, done: str, summary: str, description: str, why: str) -> None:
    @command(f"iface-{verb}", summary, description, examples=((f"iface-{verb}", why),), returns="message")
    def change(session: Session) -> Message:
        with failing(f"Failed to {verb} network config change transaction"):
            getattr(session.connection, f"interface_change_{verb}")()
        return Message(f"Network config change transaction {done}")


_declare_change(
    "begin",
    "started",
    "save the host's network configuration",
    "Save the present network configuration; iface-rollback restores it.",
    "before changes over the network",
)
_declare_change(
    "commit",
    "committed",
    "keep changes of the host's network configuration",
    "Discard the configuration that iface-begin has saved.",
    "the changes work",
)
_declare_change(
    "rollback",
    "rolled back",
    "undo changes of the host's network configuration",
    "Restore the network configuration that iface-begin has saved.",
    "the changes do not work",
)
