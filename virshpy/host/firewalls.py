"""Other firewalls of this host: what of theirs stops the packets of a network, whatever our own rules let through.

A packet is passed on only where every table lets it: Docker drops by the policy of its chain, firewalld refuses what
belongs to no zone.
"""

from __future__ import annotations

import json

from virshpy import errors
from virshpy.host import processes
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 10  # seconds


def stopping(bridge: str) -> Iterator[str]:
    """Tables of others that stop what a bridge's network sends on, by their names, where they do not mention it.

    What cannot be found out is not told: nobody is to be kept from a start by it.
    """
    for chain in _chains():
        if chain.get("hook") != "forward" or str(chain.get("table", "")).startswith("virshpy-"):
            continue
        family, table = str(chain.get("family")), str(chain.get("table"))
        if (chain.get("policy") == "drop" or table == "firewalld") and not _mentions(family, table, bridge):
            yield f"{family} {table}"


def _chains() -> list[dict[str, object]]:
    done = processes.run([program("nft"), "-j", "list", "chains"], check=False, timeout=_PATIENCE)
    try:
        rows = json.loads(done.stdout)["nftables"]
        return [row["chain"] for row in rows if isinstance(row, dict) and isinstance(row.get("chain"), dict)]
    except (ValueError, KeyError, TypeError):
        return []


def _mentions(family: str, table: str, bridge: str) -> bool:
    try:
        done = processes.run([program("nft"), "list", "table", family, table], check=False, timeout=_PATIENCE)
    except errors.Error:
        return False
    return f'"{bridge}"' in done.stdout
