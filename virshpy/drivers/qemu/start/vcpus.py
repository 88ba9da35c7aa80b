"""Virtual processors that can be unplugged again: they are plugged into a guest that is loaded and does not run yet."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.qmp import MonitorSession
    from virshpy.xml.domain import Domain

# What tells a processor's place, from the outside in.
_PLACE = ("socket-id", "die-id", "cluster-id", "core-id", "thread-id")


def plug_processors(domain: Domain, session: MonitorSession) -> None:
    """Plug what <vcpus> says is hotpluggable and enabled, in its order, and write down the order of all."""
    states = domain.vcpus.vcpus if domain.vcpus is not None else []
    enabled = [state for state in states if state.enabled]
    late = [state for state in enabled if state.hotpluggable]
    late.sort(key=lambda state: (state.order or 0, state.id or 0))
    slots = _slots(session) if late else []
    for state in late:
        number = state.id or 0
        if number >= len(slots):
            raise errors.InternalError(f"QEMU has no place for vCPU {number}")
        kind, place = slots[number]
        session.execute("device_add", **{**place, "driver": kind, "id": f"vcpu{number}"})
    if any(state.order is None for state in enabled):
        first = [state for state in enabled if not state.hotpluggable]
        for order, state in enumerate([*first, *late], 1):
            state.order = order


def _slots(session: MonitorSession) -> list[tuple[str, dict[str, Any]]]:
    """QEMU's places for processors, by their number as vCPUs: what is plugged in there, and the place's properties."""
    from virshpy.drivers.qemu.qmp import understood

    found: list[Any] = session.execute("query-hotpluggable-cpus")
    with understood():
        slots = sorted(found, key=lambda slot: [slot["props"].get(name, 0) for name in _PLACE])
        return [(slot["type"], dict(slot["props"])) for slot in slots]
