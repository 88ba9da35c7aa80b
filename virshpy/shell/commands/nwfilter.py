"""Network Filter: rules for guests' traffic, and where they are bound."""

from __future__ import annotations

from operator import attrgetter

from virshpy.enums import NWFilterBindingCreateFlags, NWFilterDefineFlags
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import BindingType, NWFilterType
from virshpy.shell.nouns.options import validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

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
nwfilter.verb("undefine", "undefined", "remove a network filter that nothing uses")
nwfilter.list(
    "nwfilters",
    *(("uuid", "UUID", attrgetter("uuid")), "name"),
    words="network filters",
    counted="Failed to count network filters",
    description="List network filters.",
    example=("", "what <filterref> may name"),
)

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
        "bind a network filter, from a file",
        "Bind a filter to the device of a port; starting a guest does this by itself.",
    ),
    example="binding.xml",
    why="for a port that belongs to no guest here",
    failed="Failed to create network filter from {file}",
)
binding.dumpxml()
binding.verb("delete", "deleted", "remove a network filter from the device of a port")
binding.list(
    "bindings",
    ("port_dev", "Port Dev", attrgetter("port_dev")),
    ("filter", "Filter", attrgetter("filter_name")),
    words="bindings of network filters",
    what="network filter bindings",
    description="List which filter is bound to which port.",
    example=("", "which ports are filtered now"),
)
