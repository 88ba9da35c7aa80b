"""The QEMU driver: qemu:///system, qemu:///session, qemu:///embed?root=DIR."""

from __future__ import annotations

from virshpy import __version__, errors
from virshpy.driver.contract import accepts
from virshpy.driver.registry import Driver
from virshpy.driver.types import DomainRef, NodeInfo
from virshpy.drivers import qemu
from virshpy.drivers.qemu import endings, taint
from virshpy.drivers.qemu.definition import Definitions
from virshpy.drivers.qemu.inspect import Inspection
from virshpy.drivers.qemu.power import Power
from virshpy.drivers.qemu.records import Domains
from virshpy.enums import CreateFlags, DestroyFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from virshpy.uri import URI


_STARTABLE = (
    CreateFlags.START_PAUSED
    | CreateFlags.START_AUTODESTROY
    | CreateFlags.START_BYPASS_CACHE
    | CreateFlags.START_FORCE_BOOT
    | CreateFlags.START_VALIDATE
    | CreateFlags.START_RESET_NVRAM
)


def open_driver(uri: URI, *, readonly: bool) -> QemuDriver:
    return QemuDriver(uri, readonly=readonly)


class QemuDriver(Inspection, Definitions, Power, Driver):
    """One connection. What it knows of domains is in ``domains``; it keeps nothing else between calls."""

    error_domain = errors.ErrorDomain.QEMU
    function_prefix = "qemu"
    far = "virshpy.drivers.qemu.everything:Everything"

    def __init__(self, uri: URI, *, readonly: bool) -> None:
        self.uri = uri
        self.readonly = readonly
        self.domains = Domains(uri, readonly=readonly)
        self.store = self.domains.store
        self._autodestroy: set[str] = set()
        endings.recover(self.domains)

    def on_warning(self, hear: Callable[[str], None]) -> None:
        self.domains.on_warning(hear)

    def warn(self, message: str) -> None:
        self.domains.warn(message)

    def close(self) -> None:
        for uuid in sorted(self._autodestroy):
            try:
                qemu.lifecycle.stop(self.domains, DomainRef("", uuid, None), force=True)
            except errors.Error:
                continue  # it ended by itself, or somebody destroyed it
        self.domains.store.close()

    # life
    @accepts(_STARTABLE)
    def domain_create_with_flags(self, domain: DomainRef, *, flags: int = 0) -> DomainRef:
        return self._started(qemu.lifecycle.start_defined(self.domains, domain, flags), flags)

    @accepts(_STARTABLE)
    def domain_create_xml(self, xml: str, *, flags: int = 0) -> DomainRef:
        return self._started(qemu.lifecycle.start_transient(self.domains, xml, flags), flags)

    def _started(self, ref: DomainRef, flags: int) -> DomainRef:
        if flags & CreateFlags.START_AUTODESTROY:
            self._autodestroy.add(ref.uuid)
        return ref

    @accepts(DestroyFlags.GRACEFUL)
    def domain_destroy_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        qemu.lifecycle.stop(self.domains, domain, force=not flags & DestroyFlags.GRACEFUL)

    def domain_plan(self, verb: str, target: DomainRef | str, *, options: int = 0) -> list[str]:
        return qemu.planning.plan(self.domains, verb, target, options)

    def domain_qemu_monitor_command(self, domain: DomainRef, command: str, human: bool) -> str:
        record = self.domains.require_active(domain)
        taint.add(self.domains, record.uuid, "custom-monitor")
        if human:
            with self._visit(record) as visit:
                return visit.human(command)
        import json

        try:
            request = json.loads(command)
        except ValueError as error:
            raise errors.InternalError(
                f"cannot parse json {command}: {error}", hint='write it so: {"execute": "query-status"}'
            ) from None
        with self._visit(record) as visit:
            return json.dumps(visit.raw(request), separators=(",", ":"))

    # the connection
    def connect_get_type(self) -> str:
        return "QEMU"

    def connect_get_version(self) -> int:
        return qemu.documents.emulator_capabilities(self.domains, None, None).version_number

    def connect_get_lib_version(self) -> int:
        major, minor, release = (int(part) for part in __version__.split("."))
        return major * 1_000_000 + minor * 1_000 + release

    def connect_get_hostname(self) -> str:
        return qemu.node.hostname()

    def connect_get_uri(self) -> str:
        return str(self.uri)

    def connect_get_max_vcpus(self, virt_type: str | None) -> int:
        if (virt_type or "qemu").lower() not in ("qemu", "kvm"):
            raise errors.InvalidArg(f"unknown type '{virt_type}'")
        caps = qemu.documents.emulator_capabilities(self.domains, None, None)
        machine = caps.machine(caps.default_machine)
        return int(machine.max_cpus) if machine else 1

    def connect_get_sysinfo(self) -> str:
        return qemu.node.sysinfo_xml()

    def connect_is_alive(self) -> bool:
        return self.domains.store.is_whole()

    def connect_is_encrypted(self) -> bool:
        return False

    def connect_is_secure(self) -> bool:
        return True

    def connect_get_capabilities(self) -> str:
        from virshpy.drivers.qemu.capabilities.host import capabilities_xml
        from virshpy.drivers.qemu.capabilities.probe import default_emulator

        binaries = {default_emulator(arch) for arch in ("x86_64", "i686", "aarch64", "riscv64", "ppc64", "s390x")}
        found = [
            qemu.documents.emulator_capabilities(self.domains, binary, None)
            for binary in sorted(filter(None, binaries))
        ]
        uids = f"+{self.domains.config.guest_uids[0]}" if self.domains.directories.shared else None
        return capabilities_xml(found, baselabel=uids and f"{uids}:{uids}")

    def connect_get_domain_capabilities(
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None, *, flags: int = 0
    ) -> str:
        # x86 has no features that are marked as deprecated: there is nothing to disable.
        from virshpy.drivers.qemu.capabilities.domain import domain_capabilities_xml
        from virshpy.drivers.qemu.capabilities.rows import choice_of

        return domain_capabilities_xml(choice_of(self.domains, emulator, arch, machine, virt_type))

    def connect_domain_xml_to_native(self, native_format: str, xml: str) -> str:
        if native_format != "qemu-argv":
            raise errors.InvalidArg(f"unsupported config type {native_format}", hint="the format is qemu-argv")
        from virshpy.drivers.qemu.argv import domxml_to_native

        domain, caps = qemu.documents.read(self.domains, xml)
        from virshpy.host.scsi import generic_device

        return domxml_to_native(domain, caps, vault=qemu.vault.Vault(self.store), generic_device=generic_device)

    def connect_domain_xml_from_native(self, native_format: str, config: str) -> str:
        if native_format != "qemu-argv":
            raise errors.InvalidArg(f"unsupported config type {native_format}", hint="the format is qemu-argv")
        from virshpy.drivers.qemu.from_native import from_native

        domain = from_native(config, qemu.images.format_of)
        kept = [argument.value or "" for argument in domain.qemu_commandline.args] if domain.qemu_commandline else []
        if kept:
            self.warn(f"no element says what these mean, so they stay words of QEMU's: {' '.join(kept)}")
        return domain.format(secure=True)

    def node_get_info(self) -> NodeInfo:
        return qemu.node.node_info()

    def node_get_free_memory(self) -> int:
        return qemu.node.free_memory()
