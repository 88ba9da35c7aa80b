"""Network Filter: rules for guests' traffic, and where they are bound."""

from __future__ import annotations

from virshpy.enums import NWFilterBindingCreateFlags, NWFilterDefineFlags
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import argument, command
from virshpy.shell.nouns.families import (
    asked_the_old_way,
    declare_dumpxml,
    declare_edit,
    declare_from_file,
    declare_verb,
    named_as,
)
from virshpy.shell.nouns.objects import BindingType, NWFilterType
from virshpy.shell.render.results import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.nwfilter import NWFilter
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

_FILTER = argument("nwfilter", NWFilterType(), "name or UUID of a network filter")
_BINDING = argument("binding", BindingType(), "device of the port that it is bound to")

declare_from_file(
    "nwfilter-define",
    "define a network filter from a file",
    "Make a network filter, or replace one.",
    lambda session, xml, flags: _define(session, xml, flags),
    "Failed to define network filter from {file}",
    "Network filter {name} defined from {file}",
    flags={"validate": NWFilterDefineFlags.VALIDATE},
    file_help="file with the filter's XML",
    examples=(("nwfilter-define no-spoofing.xml", "guests name it with <filterref>"),),
)


def _define(session: Session, xml: str, flags: int) -> NWFilter:
    with named_as("virNWFilterDefineXMLFlags" if flags else "virNWFilterDefineXML"):
        return session.connection.nwfilter_define_xml(xml, flags)


declare_dumpxml("nwfilter-dumpxml", "a network filter", _FILTER)
declare_edit(
    "nwfilter-edit",
    "a network filter",
    _FILTER,
    lambda nwfilter: str(nwfilter.xml_desc()),
    lambda session, text: session.connection.nwfilter_define_xml(text),
    "Network filter {name} XML configuration not changed.",
    "Network filter {name} XML configuration edited.",
)
declare_verb(
    "nwfilter-undefine",
    "remove a network filter",
    "Remove a network filter that nothing uses.",
    _FILTER,
    lambda nwfilter, flags: nwfilter.undefine(),
    "Failed to undefine network filter {name}",
    "Network filter {name} undefined",
)
declare_from_file(
    "nwfilter-binding-create",
    "bind a network filter from a file",
    "Bind a filter to the device of a port; starting a guest does this by itself.",
    lambda session, xml, flags: session.connection.nwfilter_binding_create_xml(xml, flags),
    "Failed to create network filter from {file}",
    "Network filter binding on {name} created from {file}",
    flags={"validate": NWFilterBindingCreateFlags.VALIDATE},
    shown_name=lambda binding: binding.port_dev,
    identity="port_dev",
    file_help="file with the binding's XML",
    examples=(("nwfilter-binding-create binding.xml", "for a port that no guest here has"),),
)
declare_dumpxml("nwfilter-binding-dumpxml", "a binding of a network filter", _BINDING)
declare_verb(
    "nwfilter-binding-delete",
    "remove a binding of a network filter",
    "Take a filter off the device of a port.",
    _BINDING,
    lambda binding, flags: binding.delete(),
    "Failed to delete network filter binding on {name}",
    "Network filter binding on {name} deleted",
)


@command(
    "nwfilter-list",
    "list network filters",
    "List network filters.",
    examples=(("nwfilter-list", "what <filterref> may name"),),
    returns="nwfilters[uuid name]",
)
def nwfilter_list(session: Session, args: Arguments) -> Table:
    with asked_the_old_way(
        "Failed to count network filters", "virConnectNumOfNWFilters", "Failed to list network filters"
    ):
        filters = session.connection.list_nwfilters()
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
