"""The contract's rows about events, as far as there are any: those of networks and of storage pools."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.events import EventOperations
from virshpy.driver.network import NetworkRef
from virshpy.driver.storage import PoolRef
from virshpy.enums import NetworkEventID, StoragePoolEventID
from virshpy.host.outbox import Listeners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.host.site import Site


class EventRows(EventOperations):
    """virConnectNetworkEvent*, virConnectStoragePoolEvent*."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.listeners = Listeners(site)

    def close(self) -> None:
        self.listeners.clear()

    def connect_network_event_register_any(
        self, network: NetworkRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        return self._listen("network", network, event_id, callback, NetworkRef, NetworkEventID.LIFECYCLE)

    def connect_network_event_deregister_any(self, callback_id: int) -> None:
        self._stop("network", callback_id)

    def connect_storage_pool_event_register_any(
        self, pool: PoolRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        return self._listen("pool", pool, event_id, callback, PoolRef, StoragePoolEventID.LIFECYCLE)

    def connect_storage_pool_event_deregister_any(self, callback_id: int) -> None:
        self._stop("pool", callback_id)

    def _listen(
        self,
        kind: str,
        about: Any,
        event_id: int,
        callback: Callable[..., None],
        ref: Callable[..., Any],
        lifecycle: int,
    ) -> int:
        """Call back with a reference to the object, and of its life with what has become of it."""

        def call(row: Any) -> None:
            said = {"event": row["event"], "detail": 0} if event_id == lifecycle else {}
            callback(ref(row["name"], row["uuid"]), **said)

        return self.listeners.add(kind, None if about is None else about.uuid, event_id, call)

    def _stop(self, kind: str, callback_id: int) -> None:
        if not self.listeners.remove(kind, callback_id):
            raise errors.InvalidArg(f"could not find event callback {callback_id} for deletion")
