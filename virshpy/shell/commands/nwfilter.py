"""Network Filter: rules for guests' traffic, and where they are bound."""

from __future__ import annotations

from virshpy.enums import NWFilterBindingCreateFlags, NWFilterDefineFlags
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import command
from virshpy.shell.nouns.families import all_of
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import BindingType, NWFilterType
from virshpy.shell.nouns.options import validate
from virshpy.shell.render.results import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

nwfilter = Noun(
    "nwfilter", "nwfilter", NWFilterType, "network filter {name}", what="a network filter", example="clean-traffic"
)
nwfilter.from_file(
    "define",
    validate(NWFilterDefineFlags.VALIDATE),
    help=("define a network filter from a file", "Make a network filter, or replace one."),
    example="no-spoofing.xml",
    why="guests name it with <filterref>",
)
nwfilter.dumpxml()
nwfilter.edit(0)
nwfilter.verb("undefine", "undefined", "remove a network filter", "Remove a network filter that nothing uses.")

binding = Noun(
    "nwfilter-binding",
    "binding",
    BindingType,
    "network filter binding on {name}",
    what="a binding of a network filter",
    help="device of the port that it is bound to",
    example="vnet0",
)
binding.from_file(
    "create",
    validate(NWFilterBindingCreateFlags.VALIDATE),
    help=(
        "bind a network filter from a file",
        "Bind a filter to the device of a port; starting a guest does this by itself.",
    ),
    example="binding.xml",
    why="for a port that no guest here has",
    failed="Failed to create network filter from {file}",
)
binding.dumpxml()
binding.verb("delete", "deleted", "remove a binding of a network filter", "Take a filter off the device of a port.")


@command(
    "nwfilter-list",
    "list network filters",
    "List network filters.",
    examples=(("nwfilter-list", "what <filterref> may name"),),
    returns="nwfilters[uuid name]",
)
def nwfilter_list(session: Session, args: Arguments) -> Table:
    listing = session.connection.list_nwfilters
    filters = all_of(listing, 0, "Failed to count network filters", "Failed to list network filters")
    rows = [(nwfilter.uuid, nwfilter.name) for nwfilter in sorted(filters, key=lambda one: one.name.lower())]
    return Table("nwfilters", [("uuid", "UUID"), ("name", "Name")], rows)


@command(
    "nwfilter-binding-list",
    "list bindings of network filters",
    "List which filter is bound to which port.",
    examples=(("nwfilter-binding-list", "whose traffic is filtered now"),),
    returns="bindings[port_dev filter]",
)
def nwfilter_binding_list(session: Session, args: Arguments) -> Table:
    with failing("Failed to list network filter bindings"):
        bindings = session.connection.list_nwfilter_bindings()
    rows = [(one.port_dev, one.filter_name) for one in sorted(bindings, key=lambda one: str(one.port_dev).lower())]
    return Table("bindings", [("port_dev", "Port Dev"), ("filter", "Filter")], rows)
