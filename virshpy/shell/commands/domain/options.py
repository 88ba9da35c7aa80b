"""Options that many commands about domains have, declared once."""

from __future__ import annotations

from virshpy.enums import ModificationImpact
from virshpy.shell.lang.command import Exclusive, argument, flag
from virshpy.shell.lang.types import DomainType
from virshpy.shell.nouns.families import named_as

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Arguments

DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
DOMAIN_LATE = argument("domain", DomainType(), "name, id or UUID of a domain", late=True)
_RUNNING = DomainType(states="running,paused,idle")
RUNNING = argument("domain", _RUNNING, "name, id or UUID of a domain")
RUNNING_LATE = argument("domain", _RUNNING, "name, id or UUID of a domain", late=True)

CONFIG = flag("config", "of the definition")
LIVE = flag("live", "of the running domain")
CURRENT = flag("current", "of the running domain if it runs, else of the definition")
PERSISTENT = flag("persistent", "of the running domain and of the definition")
IMPACT = (CONFIG, LIVE, CURRENT)
IMPACT_CLASHES = (Exclusive("current", "live"), Exclusive("current", "config"))
PERSISTENT_CLASHES = (Exclusive("persistent", "current"), *IMPACT_CLASHES)


def impact(args: Arguments) -> int:
    """What --live, --config and --current amount to."""
    flags = ModificationImpact.LIVE if "live" in args else 0
    return int(flags | (ModificationImpact.CONFIG if "config" in args else 0))


def lasting_impact(args: Arguments) -> int:
    """The same where --persistent, which means the definition and the domain as it runs, is another way to say it."""
    flags = impact(args)
    if "persistent" in args:
        flags |= ModificationImpact.CONFIG
        if args["domain"].is_active():
            flags |= ModificationImpact.LIVE
    return flags


def device_call(verb: str, args: Arguments) -> named_as:
    """The call that virsh makes to attach or detach a device: the one without flags where it has none to pass."""
    plain = not any(name in args for name in ("persistent", "config", "live", "current"))
    return named_as(f"virDomain{verb}Device" + ("" if plain else "Flags"))
