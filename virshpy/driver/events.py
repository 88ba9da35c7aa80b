"""Rows: telling listeners what happens; each registration has a number that ends it."""

from __future__ import annotations

from virshpy.driver.contract import Contract, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.driver.domain import DomainRef
    from virshpy.driver.network import NetworkRef
    from virshpy.driver.nodedev import NodeDeviceRef
    from virshpy.driver.secret import SecretRef
    from virshpy.driver.storage import PoolRef


class EventOperations(Contract):
    """Telling listeners what happens; each registration has a number that ends it."""

    @operation("virConnectDomainEventRegisterAny", carries="callback")
    def connect_domain_event_register_any(
        self, domain: DomainRef | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        """``callback`` gets the DomainRef and what the event carries, by name."""

    @operation("virConnectDomainEventDeregisterAny")
    def connect_domain_event_deregister_any(self, callback_id: int) -> None: ...

    @operation("virConnectNetworkEventRegisterAny", carries="callback")
    def connect_network_event_register_any(
        self, network: NetworkRef | None, event_id: int, callback: Callable[..., None]
    ) -> int: ...

    @operation("virConnectNetworkEventDeregisterAny")
    def connect_network_event_deregister_any(self, callback_id: int) -> None: ...

    @operation("virConnectStoragePoolEventRegisterAny", carries="callback")
    def connect_storage_pool_event_register_any(
        self, pool: PoolRef | None, event_id: int, callback: Callable[..., None]
    ) -> int: ...

    @operation("virConnectStoragePoolEventDeregisterAny")
    def connect_storage_pool_event_deregister_any(self, callback_id: int) -> None: ...

    @operation("virConnectNodeDeviceEventRegisterAny", carries="callback")
    def connect_node_device_event_register_any(
        self, device: NodeDeviceRef | None, event_id: int, callback: Callable[..., None]
    ) -> int: ...

    @operation("virConnectNodeDeviceEventDeregisterAny")
    def connect_node_device_event_deregister_any(self, callback_id: int) -> None: ...

    @operation("virConnectSecretEventRegisterAny", carries="callback")
    def connect_secret_event_register_any(
        self, secret: SecretRef | None, event_id: int, callback: Callable[..., None]
    ) -> int: ...

    @operation("virConnectSecretEventDeregisterAny")
    def connect_secret_event_deregister_any(self, callback_id: int) -> None: ...

    @operation(
        "virConnectDomainQemuMonitorEventRegister",
        writes=True,
        flags="QemuMonitorEventRegisterFlags",
        carries="callback",
    )
    def connect_domain_qemu_monitor_event_register(
        self, domain: DomainRef | None, event: str | None, callback: Callable[..., None], *, flags: int = 0
    ) -> int: ...

    @operation("virConnectDomainQemuMonitorEventDeregister", writes=True)
    def connect_domain_qemu_monitor_event_deregister(self, callback_id: int) -> None: ...
