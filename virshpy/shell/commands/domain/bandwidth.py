"""Limits of network interfaces."""

from __future__ import annotations

from virshpy.shell.commands.domain.options import DOMAIN, IMPACT
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import argument, command, option
from virshpy.shell.lang.types import STRING, whole_number
from virshpy.shell.nouns.objects import InterfaceName
from virshpy.shell.render.readable import parameters
from virshpy.shell.render.results import Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments

RATE_FIELDS = ("average", "peak", "burst", "floor")


def _read_rate(text: str) -> dict[str, int]:
    """``average,peak,burst,floor`` in KiB and KiB/s; what is missing is 0. Raises Failure."""
    pieces = text.split(",")
    if len(pieces) > len(RATE_FIELDS):
        raise Failure(f"Rate string '{text}' has too many fields")
    found = dict.fromkeys(RATE_FIELDS, 0)
    for name, piece in zip(RATE_FIELDS, pieces, strict=False):
        if not piece:
            continue
        number = whole_number(piece)
        if number is None or number >= 1 << 64 or "-" in piece:
            raise Failure(f"field '{name}' is malformed")
        found[name] = number
    return found


def inbound_rate(args: Arguments, *, may_be_off: bool) -> dict[str, int] | None:
    """--inbound; where it ``may_be_off``, nothing but zeros is no limit. Raises Failure."""
    rate = _read_rate(args["inbound"]) if args["inbound"] else None
    if rate and not rate["average"] and not rate["floor"] and not (may_be_off and _is_off(rate)):
        raise Failure("either inbound average or floor is mandatory")
    return rate


def outbound_rate(args: Arguments, *, may_be_off: bool) -> dict[str, int] | None:
    """--outbound, likewise."""
    rate = _read_rate(args["outbound"]) if args["outbound"] else None
    if rate and not rate["average"] and not (may_be_off and (rate["floor"] or _is_off(rate))):
        raise Failure("outbound average is mandatory")
    if rate and rate["floor"]:
        raise Failure("outbound floor is unsupported yet")
    return rate


def _is_off(rate: dict[str, int]) -> bool:
    return not any(rate.values())


_RATE_HELP = "AVERAGE,PEAK,BURST,FLOOR in KiB/s and KiB"


@command(
    "domiftune",
    "limits of a domain's network interface",
    "Print or set how fast a domain may receive and send at one of its network\ninterfaces.",
    (
        DOMAIN,
        argument("interface", InterfaceName(), "target or MAC address of a network interface"),
        option("inbound", STRING, f"inbound limits: {_RATE_HELP}"),
        option("outbound", STRING, "outbound limits: AVERAGE,PEAK,BURST in KiB/s and KiB"),
        *IMPACT,
    ),
    examples=(("domiftune test testnet0 --inbound 1000,5000,5120", "1 MB per second, with bursts"),),
    returns="parameters",
)
def domiftune(domain: Domain, interface: str, flags: int, args: Arguments) -> Text | None:
    wanted: dict[str, Any] = {}
    for way, read in (("inbound", inbound_rate), ("outbound", outbound_rate)):
        rate = read(args, may_be_off=True)
        if rate is None:
            continue
        if any(number >= 1 << 32 for number in rate.values()):
            raise Failure(f"{way} rate larger than maximum {(1 << 32) - 1}")
        # An average of nothing takes the limits away; what else is nothing stays as it is.
        wanted |= {f"{way}.{name}": number for name, number in rate.items() if number or name == "average"}
    if wanted:
        with failing("Unable to set interface parameters"):
            domain.set_interface_parameters(interface, wanted, flags=flags)
        return None
    said = "Unable to get interface parameters"
    with failing("Unable to get number of interface parameters", InvalidArg=said, Misuse=said):
        return parameters(domain.interface_parameters(interface, flags=flags))
