"""Registering for events."""

from __future__ import annotations

from virshpy.api.handle import ConnectionHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.api.domain import Domain
    from virshpy.api.network import Network
    from virshpy.api.nodedev import NodeDevice
    from virshpy.api.secret import Secret
    from virshpy.api.storage import StoragePool


class EventMethods(ConnectionHandle):
    """A connection's methods about events: each registration has a number that ends it."""

    def domain_event_register_any(self, domain: Domain | None, event_id: int, callback: Callable[..., None]) -> int:
        """virConnectDomainEventRegisterAny: ``callback`` gets the DomainRef and what the event carries, by name."""
        return self.driver.connect_domain_event_register_any(
            domain.ref if domain is not None else None, event_id, callback
        )

    def domain_event_deregister_any(self, callback_id: int) -> None:
        """virConnectDomainEventDeregisterAny"""
        self.driver.connect_domain_event_deregister_any(callback_id)

    def network_event_register_any(self, network: Network | None, event_id: int, callback: Callable[..., None]) -> int:
        """virConnectNetworkEventRegisterAny"""
        return self.driver.connect_network_event_register_any(
            network.ref if network is not None else None, event_id, callback
        )

    def network_event_deregister_any(self, callback_id: int) -> None:
        """virConnectNetworkEventDeregisterAny"""
        self.driver.connect_network_event_deregister_any(callback_id)

    def storage_pool_event_register_any(
        self, pool: StoragePool | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        """virConnectStoragePoolEventRegisterAny"""
        return self.driver.connect_storage_pool_event_register_any(
            pool.ref if pool is not None else None, event_id, callback
        )

    def storage_pool_event_deregister_any(self, callback_id: int) -> None:
        """virConnectStoragePoolEventDeregisterAny"""
        self.driver.connect_storage_pool_event_deregister_any(callback_id)

    def node_device_event_register_any(
        self, device: NodeDevice | None, event_id: int, callback: Callable[..., None]
    ) -> int:
        """virConnectNodeDeviceEventRegisterAny"""
        return self.driver.connect_node_device_event_register_any(
            device.ref if device is not None else None, event_id, callback
        )

    def node_device_event_deregister_any(self, callback_id: int) -> None:
        """virConnectNodeDeviceEventDeregisterAny"""
        self.driver.connect_node_device_event_deregister_any(callback_id)

    def secret_event_register_any(self, secret: Secret | None, event_id: int, callback: Callable[..., None]) -> int:
        """virConnectSecretEventRegisterAny"""
        return self.driver.connect_secret_event_register_any(
            secret.ref if secret is not None else None, event_id, callback
        )

    def secret_event_deregister_any(self, callback_id: int) -> None:
        """virConnectSecretEventDeregisterAny"""
        self.driver.connect_secret_event_deregister_any(callback_id)

    def domain_qemu_monitor_event_register(
        self, domain: Domain | None, event: str | None, callback: Callable[..., None], flags: int = 0
    ) -> int:
        """virConnectDomainQemuMonitorEventRegister"""
        return self.driver.connect_domain_qemu_monitor_event_register(
            domain.ref if domain is not None else None, event, callback, flags=flags
        )

    def domain_qemu_monitor_event_deregister(self, callback_id: int) -> None:
        """virConnectDomainQemuMonitorEventDeregister"""
        self.driver.connect_domain_qemu_monitor_event_deregister(callback_id)
