"""The rows about the connection: versions, capabilities, and documents as command lines."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver.connection import ConnectionOperations
from virshpy.enums.version import LIBVIRT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.host.site import Site


class ConnectionRows(ConnectionOperations):
    """virConnect*, without what is about one kind of object."""

    place: Site

    def connect_get_type(self) -> str:
        return "QEMU"

    def connect_get_version(self) -> int:
        from virshpy.drivers.qemu import reading

        return reading.emulator_capabilities(self.place, None, None).version_number

    def connect_get_lib_version(self) -> int:
        return LIBVIRT

    def connect_get_hostname(self) -> str:
        from virshpy.drivers.qemu.node import identity

        return identity.hostname()

    def connect_get_uri(self) -> str:
        return str(self.place.uri)

    def connect_get_max_vcpus(self, virt_type: str | None = None) -> int:
        from virshpy.drivers.qemu import reading

        if (virt_type or "qemu").lower() not in ("qemu", "kvm"):
            raise errors.InvalidArg(f"unknown type '{virt_type}'")
        caps = reading.emulator_capabilities(self.place, None, None)
        machine = caps.machine(caps.default_machine)
        return int(machine.max_cpus) if machine else 1

    def connect_get_sysinfo(self) -> str:
        from virshpy.drivers.qemu.node import identity

        return identity.sysinfo_xml()

    def connect_is_alive(self) -> bool:
        return self.place.store.is_whole()

    def connect_is_encrypted(self) -> bool:
        return False

    def connect_is_secure(self) -> bool:
        return True

    def connect_get_capabilities(self) -> str:
        from virshpy.drivers.qemu import reading
        from virshpy.drivers.qemu.capabilities.host import capabilities_xml
        from virshpy.drivers.qemu.capabilities.probe import default_emulator

        binaries = {default_emulator(arch) for arch in ("x86_64", "i686", "aarch64", "riscv64", "ppc64", "s390x")}
        found = [reading.emulator_capabilities(self.place, binary, None) for binary in sorted(filter(None, binaries))]
        uids = f"+{self.place.config.guest_uids[0]}" if self.place.directories.shared else None
        return capabilities_xml(found, baselabel=uids and f"{uids}:{uids}")

    def connect_get_domain_capabilities(
        self,
        emulator: str | None = None,
        arch: str | None = None,
        machine: str | None = None,
        virt_type: str | None = None,
        *,
        flags: int = 0,
    ) -> str:
        # x86 has no features that are marked as deprecated: there is nothing to disable.
        from virshpy.drivers.qemu.capabilities.domain import domain_capabilities_xml
        from virshpy.drivers.qemu.capabilities.processors import choice_of

        return domain_capabilities_xml(choice_of(self.place, emulator, arch, machine, virt_type))

    def connect_domain_xml_to_native(self, native_format: str, xml: str) -> str:
        _require_argv(native_format)
        from virshpy.drivers.qemu import reading, vault
        from virshpy.drivers.qemu.argv.native import domxml_to_native
        from virshpy.host.scsi import generic_device

        domain, caps = reading.read(self.place, xml)
        return domxml_to_native(domain, caps, vault=vault.Vault(self.place), generic_device=generic_device)

    def connect_domain_xml_from_native(self, native_format: str, config: str) -> str:
        _require_argv(native_format)
        from virshpy.drivers.qemu import images
        from virshpy.drivers.qemu.from_native import from_native

        domain = from_native(config, images.format_of)
        kept = [argument.value or "" for argument in domain.qemu_commandline.args] if domain.qemu_commandline else []
        if kept:
            self.place.warn(f"no element says what these mean, so they stay words of QEMU's: {' '.join(kept)}")
        return domain.format(secure=True)


def _require_argv(native_format: str) -> None:
    if native_format != "qemu-argv":
        raise errors.InvalidArg(f"unsupported config type {native_format}", hint="the format is qemu-argv")
