"""Definitions: define, dumpxml, edit, domrename, autostart."""

from __future__ import annotations

from virshpy.enums import DefineFlags, XMLFlags
from virshpy.shell.lang.command import argument, command, flag
from virshpy.shell.lang.types import STRING
from virshpy.shell.nouns.domains import domain
from virshpy.shell.nouns.options import inactive, security_info, validate
from virshpy.shell.render.results import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain


domain.from_file("define", validate(DefineFlags.VALIDATE), example="web.xml", why="then: start web")
domain.dumpxml(
    inactive(XMLFlags.INACTIVE),
    security_info(XMLFlags.SECURE),
    flag("update-cpu", "with the CPU that this host gives it", adds=XMLFlags.UPDATE_CPU),
    flag("migratable", "in the form that a migration sends", adds=XMLFlags.MIGRATABLE),
    description="Print the XML of a domain: of the running one, or as it is defined.",
    examples=(("dumpxml web --xpath //disk/source --wrap", "where its disks are, as one document"),),
)
domain.edit(
    XMLFlags.SECURE | XMLFlags.INACTIVE,
    validate=DefineFlags.VALIDATE,
    identity="domain",
    description="Open the definition of a domain in $VISUAL or $EDITOR, and define the\n"
    "result. It takes effect at the domain's next start.",
    why="then: diff web, to see what its next start will change",
)
domain.autostart(failed="Failed to", identity="domain")


@command(
    "domrename",
    "give a domain another name",
    "Rename an inactive domain.",
    (
        domain.argument(on="shut off,crashed"),
        argument("new-name", STRING, "its new name"),
    ),
    examples=(("domrename web shop", "'destroy web' first: it must not run"),),
    returns="message domain uuid",
)
def domrename(domain: Domain, new_name: str) -> Message:
    domain.rename(new_name)
    return Message("Domain successfully renamed", domain=domain.name, uuid=domain.uuid)
