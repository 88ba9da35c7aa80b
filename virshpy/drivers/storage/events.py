"""The contract's rows about events, as far as there are any: those of storage pools."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.events import EventOperations
from virshpy.driver.storage import PoolRef
from virshpy.enums import StoragePoolEventID
from virshpy.host.outbox import Listeners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from virshpy.host.site import Site


class EventRows(EventOperations):
    """virConnectStoragePoolEvent*."""

    error_domain = errors.ErrorDomain.STORAGE

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.listeners = Listeners(site)

    def close(self) -> None:
        self.listeners.clear()

    def connect_storage_pool_event_register_any(
        self, pool: PoolRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        def call(row: Any) -> None:
            about = PoolRef(row["name"], row["uuid"])
            if event_id == StoragePoolEventID.LIFECYCLE:
                callback(about, event=row["event"], detail=0)
            else:
                callback(about)

        return self.listeners.add("pool", pool.uuid if pool is not None else None, event_id, call)

    def connect_storage_pool_event_deregister_any(self, callback_id: int) -> None:
        if not self.listeners.remove("pool", callback_id):
            raise errors.InvalidArg(f"could not find event callback {callback_id} for deletion")
