"""Domain: a handle to one virtual machine (virDomainPtr)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.everything import DomainMethods
    from virshpy.driver.types import ControlInfo, DomainInfo, SecurityLabel, Stream
else:
    from virshpy.api.handle import FarDomain as DomainMethods


class Domain(DomainMethods):
    """A named domain on a connection; it stays usable while the domain changes. Methods may raise errors.Error.

    Here is what most commands need; snapshots, tuning, block jobs and the rest are in domain_*.py, snapshot.py and
    checkpoint.py.
    """

    def __repr__(self) -> str:
        return f"<Domain {self.ref.name!r} {self.ref.uuid}>"

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def uuid(self) -> str:
        return self.ref.uuid

    @property
    def id(self) -> int | None:
        """The id at the time of the lookup or start; None for a domain that was inactive then."""
        return self.ref.id

    # life
    def create(self, flags: int = 0) -> None:
        """virDomainCreateWithFlags: start. Raises OperationInvalid where it runs already."""
        self.ref = self._driver.domain_create_with_flags(self.ref, flags=flags)

    def destroy(self, flags: int = 0) -> None:
        """virDomainDestroyFlags: stop at once."""
        self._driver.domain_destroy_flags(self.ref, flags=flags)

    def suspend(self) -> None:
        """virDomainSuspend"""
        self._driver.domain_suspend(self.ref)

    def resume(self) -> None:
        """virDomainResume"""
        self._driver.domain_resume(self.ref)

    def shutdown(self, flags: int = 0) -> None:
        """virDomainShutdownFlags: ask the guest to power off; returns before it has."""
        self._driver.domain_shutdown_flags(self.ref, flags=flags)

    def reboot(self, flags: int = 0) -> None:
        """virDomainReboot: ask the guest to restart; returns before it has."""
        self._driver.domain_reboot(self.ref, flags=flags)

    def reset(self) -> None:
        """virDomainReset: the reset button."""
        self._driver.domain_reset(self.ref)

    # definition
    def undefine(self, flags: int = 0) -> None:
        """virDomainUndefineFlags: a running domain becomes transient."""
        self._driver.domain_undefine_flags(self.ref, flags=flags)

    def rename(self, new_name: str) -> None:
        """virDomainRename"""
        self.ref = self._driver.domain_rename(self.ref, new_name)

    def set_autostart(self, autostart: bool) -> None:
        """virDomainSetAutostart"""
        self._driver.domain_set_autostart(self.ref, autostart)

    def set_metadata(
        self, kind: int, metadata: str | None, key: str | None = None, uri: str | None = None, flags: int = 0
    ) -> None:
        """virDomainSetMetadata: kind is a MetadataType; None removes."""
        self._driver.domain_set_metadata(self.ref, kind, metadata, key, uri, flags=flags)

    def metadata(self, kind: int, uri: str | None = None, flags: int = 0) -> str:
        """virDomainGetMetadata. Raises NoDomainMetadata."""
        return self._driver.domain_get_metadata(self.ref, kind, uri, flags=flags)

    # asking
    def state(self) -> tuple[int, int]:
        """virDomainGetState: (DomainState, reason)."""
        return self._driver.domain_get_state(self.ref)

    def info(self) -> DomainInfo:
        """virDomainGetInfo"""
        return self._driver.domain_get_info(self.ref)

    def xml_desc(self, flags: int = 0) -> str:
        """virDomainGetXMLDesc: flags are XMLFlags."""
        return self._driver.domain_get_xml_desc(self.ref, flags=flags)

    def os_type(self) -> str:
        """virDomainGetOSType"""
        return self._driver.domain_get_os_type(self.ref)

    def autostart(self) -> bool:
        """virDomainGetAutostart"""
        return self._driver.domain_get_autostart(self.ref)

    def is_active(self) -> bool:
        """virDomainIsActive"""
        return self._driver.domain_is_active(self.ref)

    def is_persistent(self) -> bool:
        """virDomainIsPersistent"""
        return self._driver.domain_is_persistent(self.ref)

    def is_updated(self) -> bool:
        """virDomainIsUpdated: whether the definition differs from the running guest."""
        return self._driver.domain_is_updated(self.ref)

    def has_managed_save(self) -> bool:
        """virDomainHasManagedSaveImage"""
        return self._driver.domain_has_managed_save_image(self.ref)

    def control_info(self) -> ControlInfo:
        """virDomainGetControlInfo"""
        return self._driver.domain_get_control_info(self.ref)

    def messages(self) -> list[str]:
        """virDomainGetMessages: why the guest is tainted, what is deprecated."""
        return self._driver.domain_get_messages(self.ref)

    def security_labels(self) -> list[SecurityLabel]:
        """virDomainGetSecurityLabelList"""
        return self._driver.domain_get_security_label_list(self.ref)

    # reaching in
    def open_console(self, device: str | None = None, flags: int = 0) -> Stream:
        """virDomainOpenConsole: a raw two-way stream."""
        return self._driver.domain_open_console(self.ref, device, flags=flags)

    def qemu_monitor_command(self, command: str, human: bool = False) -> str:
        """virDomainQemuMonitorCommand"""
        return self._driver.domain_qemu_monitor_command(self.ref, command, human)

    def plan(self, verb: str, flags: int = 0) -> list[str]:
        """What create, destroy or undefine would do on the host, as shell commands; nothing is done."""
        return self._driver.domain_plan(verb, self.ref, options=flags)
