"""Fibre Channel adapters of the host, and the virtual ones that they can have beside them (NPIV)."""

from __future__ import annotations

from typing import NamedTuple

from virshpy.host.disks import names, said

_CLASS = "class/fc_host"


class Adapter(NamedTuple):
    """``node`` and ``port`` are its two names, 16 hexadecimal digits each; ``fabric`` that of what it is connected to.

    ``free``: whether it can have another virtual one.
    """

    number: int
    node: str
    port: str
    fabric: str
    free: bool


def adapters() -> list[Adapter]:
    found = []
    for name in names(_CLASS):
        node, port, fabric = (digits(said(f"{_CLASS}/{name}/{what}_name")) for what in ("node", "port", "fabric"))
        found.append(Adapter(int(name.removeprefix("host")), node, port, fabric, _has_room(name)))
    return found


def _has_room(name: str) -> bool:
    most, used = said(f"{_CLASS}/{name}/max_npiv_vports"), said(f"{_CLASS}/{name}/npiv_vports_inuse")
    room = most.isdecimal() and used.isdecimal() and int(used) < int(most)
    return room and said(f"{_CLASS}/{name}/port_state").lower() == "online"


def digits(name: str) -> str:
    """A name as 16 lower-case digits, without the 0x that may be before them."""
    return name.lower().removeprefix("0x")


def by_names(node: str, port: str) -> Adapter | None:
    wanted = digits(node), digits(port)
    return next((one for one in adapters() if (one.node, one.port) == wanted), None)
