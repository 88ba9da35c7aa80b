"""Other firewalls of this host: what of theirs stops the packets of a network, whatever our own rules let through.

A packet is passed on only where every table lets it: Docker drops by the policy of its chain, firewalld refuses what
belongs to no zone.
"""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.host import processes
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = re.compile(r"^table (\S+) (\S+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_DROPS = re.compile(r"hook forward [^\n]*policy drop")
_PATIENCE = 10  # seconds


def stopping(bridge: str, chains: str) -> Iterator[str]:
    """Tables of others that stop what a bridge's network sends on, by their names, where they do not mention it.

    ``chains`` is what nft says when it is asked to list chains.
    """
    for family, table, body in _TABLE.findall(chains):
        if table.startswith("virshpy-") or "hook forward" not in body:
            continue
        if (_DROPS.search(body) or table == "firewalld") and not _mentions(family, table, bridge):
            yield f"{family} {table}"


def _mentions(family: str, table: str, bridge: str) -> bool:
    """Whether some rule of a table is about the bridge. Nobody is to be kept from a start by what nft has to say."""
    try:
        done = processes.run([program("nft"), "list", "table", family, table], check=False, timeout=_PATIENCE)
    except errors.Error:
        return False
    return f'"{bridge}"' in done.stdout
