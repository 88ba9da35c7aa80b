"""diff: a running guest against its saved definition."""

from __future__ import annotations

from virshpy.enums import XMLFlags
from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import command
from virshpy.shell.nouns.domains import domain
from virshpy.shell.render.results import Message, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.xml.compare import Difference


@command(
    "diff",
    "compare a running guest with its definition",
    "Print where a running domain differs from its definition, which its next start uses.",
    (domain.argument(on="running,paused"),),
    examples=(("diff web", "changes by edit that the running guest does not have yet"),),
    returns="differences[place now next_start] message?",
)
def diff(domain: Domain) -> Table | Message:
    if not domain.is_active():
        hint, action = "its definition is all there is", ("domain_get_xml_desc", domain.uuid)
        raise Failure(f"Domain '{domain.name}' is not running", hint=hint, action=action, kind="state")
    if not domain.is_persistent():
        raise Failure(
            f"Domain '{domain.name}' is transient",
            kind="state",
            hint="nothing is saved of it: define makes it persistent",
        )
    rows = _differences(domain)
    if not rows:
        return Message(f"Domain '{domain.name}' runs as it is defined", differences=[])
    columns = (("place", "Place"), ("now", "Now"), ("next_start", "From the next start on"))
    return Table("differences", columns, [(row.place.removeprefix("devices/"), row.now, row.then) for row in rows])


def _differences(domain: Domain) -> list[Difference]:
    from virshpy.xml.compare import at_next_start

    running = domain.xml_desc(flags=XMLFlags.SECURE | XMLFlags.MIGRATABLE)
    return at_next_start(running, domain.xml_desc(flags=XMLFlags.SECURE | XMLFlags.INACTIVE))
