"""Options that many commands about domains have, declared once."""

from __future__ import annotations

from virshpy.enums import ModificationImpact
from virshpy.shell.lang.command import Exclusive, argument, flag
from virshpy.shell.lang.types import DomainType
from virshpy.shell.nouns.options import IMPACT_CLASHES, impact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Arguments

DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
DOMAIN_LATE = argument("domain", DomainType(), "name, id or UUID of a domain", late=True)
_RUNNING = DomainType(states="running,paused,idle")
RUNNING = argument("domain", _RUNNING, "name, id or UUID of a domain")
RUNNING_LATE = argument("domain", _RUNNING, "name, id or UUID of a domain", late=True)

CONFIG, LIVE, CURRENT = impact("domain")
# Groups of options, with the rules about them.
IMPACT = (CONFIG, LIVE, CURRENT, *IMPACT_CLASHES)
PERSISTENT = (
    flag("persistent", "act on the definition, and on the domain if it runs"),
    Exclusive("persistent", "current"),
)


def lasting_impact(args: Arguments) -> int:
    """The flags of a command with --persistent, which means the definition and the domain as it runs."""
    flags = args.flags
    if "persistent" in args:
        flags |= ModificationImpact.CONFIG
        if args["domain"].is_active():
            flags |= ModificationImpact.LIVE
    return flags


def explicit(args: Arguments, flags: int | None = None) -> dict[str, int]:
    """The line's flags as a call takes them: none at all where nothing is said of live, config or current. That is
    another call, which may be about the domain as it runs."""
    flags = args.flags if flags is None else flags
    said = flags or any(name in args for name in ("persistent", "config", "live", "current"))
    return {"flags": flags} if said else {}
