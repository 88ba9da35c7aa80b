"""Events of the imaginary host: callbacks of the connection, called where something happens."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.events import EventOperations
from virshpy.drivers.test.host import Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _register(kind: str) -> Callable[..., int]:
    """The row that hears of events of one object, or of all of a kind."""

    def register(events: Events, about: object, event_id: int, callback: Callable[..., None]) -> int:
        return events.host.listen(kind, about, event_id, callback)

    return register


def _deregister(kind: str) -> Callable[..., None]:
    def deregister(events: Events, callback_id: int) -> None:
        known = events.host.listeners.get(callback_id)
        if known is None or known[0] != kind:
            raise errors.InvalidArg(f"could not find event callback {callback_id} for deletion")
        del events.host.listeners[callback_id]

    return deregister


class Events(Part, EventOperations):
    """virConnect*EventRegisterAny. What happens here is lifecycle; the other kinds can be waited for, in vain."""

    connect_domain_event_register_any = _register("domain")
    connect_domain_event_deregister_any = _deregister("domain")
    connect_network_event_register_any = _register("network")
    connect_network_event_deregister_any = _deregister("network")
    connect_storage_pool_event_register_any = _register("pool")
    connect_storage_pool_event_deregister_any = _deregister("pool")
    connect_node_device_event_register_any = _register("device")
    connect_node_device_event_deregister_any = _deregister("device")
