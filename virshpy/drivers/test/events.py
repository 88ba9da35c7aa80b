"""Events of the imaginary host: callbacks of the connection, called where something happens."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.events import EventOperations
from virshpy.drivers.test.host import Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.driver.domain import DomainRef
    from virshpy.driver.network import NetworkRef
    from virshpy.driver.nodedev import NodeDeviceRef
    from virshpy.driver.storage import PoolRef


class Events(Part, EventOperations):
    """virConnect*EventRegisterAny. What happens here is lifecycle; the other kinds can be waited for, in vain."""

    def connect_domain_event_register_any(
        self, domain: DomainRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        return self.host.listen("domain", domain, event_id, callback)

    def connect_network_event_register_any(
        self, network: NetworkRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        return self.host.listen("network", network, event_id, callback)

    def connect_storage_pool_event_register_any(
        self, pool: PoolRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        return self.host.listen("pool", pool, event_id, callback)

    def connect_node_device_event_register_any(
        self, device: NodeDeviceRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        return self.host.listen("device", device, event_id, callback)

    def connect_domain_event_deregister_any(self, callback_id: int) -> None:
        self._forget("domain", callback_id)

    def connect_network_event_deregister_any(self, callback_id: int) -> None:
        self._forget("network", callback_id)

    def connect_storage_pool_event_deregister_any(self, callback_id: int) -> None:
        self._forget("pool", callback_id)

    def connect_node_device_event_deregister_any(self, callback_id: int) -> None:
        self._forget("device", callback_id)

    def _forget(self, kind: str, callback_id: int) -> None:
        known = self.host.listeners.get(callback_id)
        if known is None or known[0] != kind:
            raise errors.InvalidArg(f"could not find event callback {callback_id} for deletion")
        del self.host.listeners[callback_id]
