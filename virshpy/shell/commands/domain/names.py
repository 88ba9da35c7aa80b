"""From one way to name a domain to another: domid, domname, domuuid."""

from __future__ import annotations

from virshpy.shell.lang.command import argument, command
from virshpy.shell.lang.types import DomainType
from virshpy.shell.render.results import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session


@command(
    "domid",
    "id of a domain, by name or UUID",
    "Print the id of a domain: the number of its present run, or - while it does\nnot run.",
    options=(argument("domain", DomainType("uuid name"), "name or UUID of a domain"),),
    examples=(("domid web", "such as: 3; '-' while it does not run"),),
    returns="id name",
)
def domid(session: Session, args: Arguments) -> Text:
    number = args["domain"].id
    return Text("id", "-" if number is None else str(number), number, name=args["domain"].name)


@command(
    "domname",
    "name of a domain, by id or UUID",
    "Print the name of a domain.",
    options=(argument("domain", DomainType("id uuid"), "id or UUID of a domain"),),
    examples=(("domname 1", "which domain has that id"),),
    returns="name",
)
def domname(session: Session, args: Arguments) -> Text:
    return Text("name", args["domain"].name)


@command(
    "domuuid",
    "UUID of a domain, by name or id",
    "Print the UUID of a domain, which stays when it is renamed.",
    options=(argument("domain", DomainType("id name"), "name or id of a domain"),),
    examples=(("domuuid web", "the identity that survives a new name"),),
    returns="uuid name",
)
def domuuid(session: Session, args: Arguments) -> Text:
    return Text("uuid", args["domain"].uuid, name=args["domain"].name)
