"""``test:///default``: one running domain on an imaginary host. Nothing outlives the connection."""

from __future__ import annotations

import os
import time

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.registry import Driver
from virshpy.driver.types import ControlInfo, DomainInfo, DomainRef, NodeInfo, SecurityLabel
from virshpy.drivers.test import documents
from virshpy.enums import (
    CreateFlags,
    DefineFlags,
    DestroyFlags,
    DomainState,
    ListDomainsFlags,
    MetadataType,
    ModificationImpact,
    PausedReason,
    RunningReason,
    ShutoffReason,
    StatsTypes,
    UndefineFlags,
    XMLFlags,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.uri import URI

L = ListDomainsFlags
_VERSION = 9_000_000
# Pairs of filters that answer one question each; asking both ways asks nothing.
_QUESTIONS = (
    (L.ACTIVE, L.INACTIVE),
    (L.PERSISTENT, L.TRANSIENT),
    (L.MANAGEDSAVE, L.NO_MANAGEDSAVE),
    (L.AUTOSTART, L.NO_AUTOSTART),
    (L.HAS_SNAPSHOT, L.NO_SNAPSHOT),
    (L.HAS_CHECKPOINT, L.NO_CHECKPOINT),
)


def open_driver(uri: URI, *, readonly: bool) -> TestDriver:
    """Connect. Raises InvalidArg for a path other than ``/default``."""
    if uri.path in ("", "/"):
        raise errors.InvalidArg("testOpen: supply a path or use test:///default")
    if uri.path != "/default":
        raise errors.XMLError(f"failed to parse xml document '{uri.path}'", hint="only test:///default is there yet")
    return TestDriver(str(uri), readonly)


class Guest:
    """One domain: ``live``, its document while it runs, else None; ``config``, None for a transient domain."""

    def __init__(self, document: documents.Document) -> None:
        self.live: documents.Document | None = None
        self.config: documents.Document | None = document
        self.id: int | None = None
        self.state: tuple[int, int] = (DomainState.SHUTOFF, ShutoffReason.UNKNOWN)
        self.autostart = False

    @property
    def document(self) -> documents.Document:
        document = self.live or self.config
        assert document is not None
        return document

    @property
    def ref(self) -> DomainRef:
        return DomainRef(self.document.name, self.document.uuid, self.id)


class TestDriver(Driver):
    """The contract's rows about domains and the host, answered from memory as libvirt's test driver answers them."""

    __test__ = False
    error_domain = errors.ErrorDomain.TEST
    function_prefix = "test"

    def __init__(self, uri: str, readonly: bool) -> None:
        self.uri = uri
        self.readonly = readonly
        self.last_id = 0
        guest = Guest(documents.sample())
        self.guests = {guest.document.uuid: guest}
        self._run(guest, RunningReason.UNKNOWN)

    # the host
    def connect_get_type(self) -> str:
        return "TEST"

    def connect_get_version(self) -> int:
        return 2

    def connect_get_lib_version(self) -> int:
        return _VERSION

    def connect_get_hostname(self) -> str:
        return os.uname().nodename

    def connect_get_uri(self) -> str:
        return self.uri

    def connect_get_max_vcpus(self, virt_type: str | None) -> int:
        return 32

    def connect_get_sysinfo(self) -> str:
        return documents.SYSINFO

    def connect_is_alive(self) -> bool:
        return True

    def connect_is_encrypted(self) -> bool:
        return False

    def connect_is_secure(self) -> bool:
        return True

    def connect_get_capabilities(self) -> str:
        return documents.capabilities()

    def node_get_info(self) -> NodeInfo:
        return NodeInfo("i686", 3 << 20, 16, 1400, 2, 2, 2, 2)

    def connect_list_all_domains(self, *, flags: int = 0) -> list[DomainRef]:
        return [guest.ref for guest in self.guests.values() if self._matches(guest, flags)]

    def connect_get_all_domain_stats(
        self, domains: list[DomainRef] | None, stats: int, *, flags: int = 0
    ) -> list[tuple[DomainRef, dict[str, Any]]]:
        if flags & (1 << 31) and stats & ~StatsTypes.STATE:
            raise errors.ArgumentUnsupported(
                f"Stats types bits 0x{stats & ~StatsTypes.STATE:x} are not supported by this daemon"
            )
        chosen = self.guests.values() if domains is None else [self._guest(ref) for ref in domains]
        answer = []
        for guest in chosen:
            if domains is None and not self._matches(guest, flags & 0xFF):
                continue
            state, reason = guest.state
            known = {"state.state": state, "state.reason": reason} if not stats or stats & StatsTypes.STATE else {}
            answer.append((guest.ref, known))
        return answer

    # finding
    def domain_lookup_by_name(self, name: str) -> DomainRef:
        for guest in self.guests.values():
            if guest.document.name == name:
                return guest.ref
        raise errors.NoDomain()

    def domain_lookup_by_uuid_string(self, uuid: str) -> DomainRef:
        return self._guest(DomainRef("", uuid, None)).ref

    def domain_lookup_by_id(self, id: int) -> DomainRef:
        for guest in self.guests.values():
            if guest.id == id:
                return guest.ref
        raise errors.NoDomain()

    # definitions
    @accepts(DefineFlags.VALIDATE)
    def domain_define_xml_flags(self, xml: str, *, flags: int = 0) -> DomainRef:
        guest = self._admit(documents.read(xml), must_be_inactive=False)
        return guest.ref

    @accepts(~(UndefineFlags.NVRAM) & 0x7F)
    def domain_undefine_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        guest = self._guest(domain)
        if guest.live is None:
            del self.guests[guest.document.uuid]
        else:
            guest.config = None

    def domain_rename(self, domain: DomainRef, new_name: str) -> DomainRef:
        guest = self._guest(domain)
        if guest.live is not None:
            raise errors.OperationInvalid("cannot rename active domain")
        document = guest.document
        if new_name == document.name:
            raise errors.OperationInvalid("Can't rename domain to itself")
        documents.check_name(new_name)
        if any(other.document.name == new_name for other in self.guests.values()):
            raise errors.OperationInvalid(f"domain with name '{new_name}' already exists")
        document.name = new_name
        return guest.ref

    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None:
        guest = self._guest(domain)
        guest.autostart = autostart

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        return self._guest(domain).autostart

    def domain_set_metadata(
        self, domain: DomainRef, kind: int, metadata: str | None, key: str | None, uri: str | None, *, flags: int = 0
    ) -> None:
        for document in self._affected(self._guest(domain), flags):
            if kind == MetadataType.TITLE:
                document.title = metadata or None
            elif kind == MetadataType.DESCRIPTION:
                document.description = metadata or None
            else:
                document.set_metadata(str(uri), key, metadata)

    def domain_get_metadata(self, domain: DomainRef, kind: int, uri: str | None, *, flags: int = 0) -> str:
        document = self._affected(self._guest(domain), flags)[0]
        if kind == MetadataType.ELEMENT:
            found = document.get_metadata(str(uri))
        else:
            found = document.title if kind == MetadataType.TITLE else document.description
        if not found:
            what = {0: "description", 1: "title", 2: "element"}[kind]
            raise errors.NoDomainMetadata(f"Requested metadata {what} is not present")
        return found

    # life
    @accepts(CreateFlags.START_VALIDATE)
    def domain_create_xml(self, xml: str, *, flags: int = 0) -> DomainRef:
        document = documents.read(xml)
        known = {guest.document.uuid for guest in self.guests.values()}
        guest = self._admit(document, must_be_inactive=True)
        if document.uuid not in known:
            guest.config = None
        guest.live = document
        self._run(guest, RunningReason.BOOTED)
        return guest.ref

    @accepts(0)
    def domain_create_with_flags(self, domain: DomainRef, *, flags: int = 0) -> DomainRef:
        guest = self._guest(domain)
        if guest.live is not None:
            raise errors.InternalError(f"domain '{domain.name}' is already running")
        self._run(guest, RunningReason.BOOTED)
        return guest.ref

    @accepts(DestroyFlags.GRACEFUL)
    def domain_destroy_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        self._stop(self._active(domain), ShutoffReason.DESTROYED)

    def domain_suspend(self, domain: DomainRef) -> None:
        guest = self._guest(domain)
        if guest.state[0] != DomainState.RUNNING:
            raise errors.InternalError(f"domain '{domain.name}' not running")
        guest.state = (DomainState.PAUSED, PausedReason.USER)

    def domain_resume(self, domain: DomainRef) -> None:
        guest = self._guest(domain)
        if guest.state[0] != DomainState.PAUSED:
            raise errors.InternalError(f"domain '{domain.name}' not paused")
        guest.state = (DomainState.RUNNING, RunningReason.UNPAUSED)

    @accepts(0)
    def domain_shutdown_flags(self, domain: DomainRef, *, flags: int = 0) -> None:
        guest = self._guest(domain)
        if guest.live is None:
            raise errors.InternalError(f"domain '{domain.name}' not running")
        self._stop(guest, ShutoffReason.SHUTDOWN)

    def domain_reboot(self, domain: DomainRef, *, flags: int = 0) -> None:
        self._active(domain).state = (DomainState.RUNNING, RunningReason.BOOTED)

    def domain_reset(self, domain: DomainRef) -> None:
        self._active(domain)

    # asking
    def domain_get_state(self, domain: DomainRef) -> tuple[int, int]:
        return self._guest(domain).state

    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        guest = self._guest(domain)
        document = guest.document
        # As if it had been computing since the beginning of time.
        return DomainInfo(guest.state[0], document.max_memory, document.memory, document.vcpus, time.time_ns())

    @accepts(XMLFlags.SECURE | XMLFlags.INACTIVE | XMLFlags.MIGRATABLE)
    def domain_get_xml_desc(self, domain: DomainRef, *, flags: int = 0) -> str:
        guest = self._guest(domain)
        if flags & XMLFlags.INACTIVE and guest.config is not None:
            return guest.config.xml(None)
        return guest.document.xml(None if flags & XMLFlags.INACTIVE else guest.id)

    def domain_get_os_type(self, domain: DomainRef) -> str:
        self._guest(domain)
        return "linux"

    def domain_is_active(self, domain: DomainRef) -> bool:
        return self._guest(domain).live is not None

    def domain_is_persistent(self, domain: DomainRef) -> bool:
        return self._guest(domain).config is not None

    def domain_is_updated(self, domain: DomainRef) -> bool:
        return False

    def domain_has_managed_save_image(self, domain: DomainRef) -> bool:
        return False

    def domain_get_control_info(self, domain: DomainRef) -> ControlInfo:
        self._active(domain)
        return ControlInfo(0, 0, 0)

    def domain_get_messages(self, domain: DomainRef) -> list[str]:
        return []

    def domain_get_security_label_list(self, domain: DomainRef) -> list[SecurityLabel]:
        running = self._guest(domain).live is not None
        return [SecurityLabel("testSecurity", "", "libvirt-test" if running else "", running)]

    def domain_plan(self, verb: str, target: DomainRef | str, *, options: int = 0) -> list[str]:
        if isinstance(target, str):
            documents.read(target)
        return [f"# {verb}: this hypervisor is imaginary, nothing on the host would change"]

    # how it is kept
    def _guest(self, ref: DomainRef) -> Guest:
        guest = self.guests.get(ref.uuid)
        if guest is None:
            raise errors.NoDomain()
        return guest

    def _active(self, ref: DomainRef) -> Guest:
        guest = self._guest(ref)
        if guest.live is None:
            raise errors.OperationInvalid("domain is not running")
        return guest

    def _admit(self, document: documents.Document, *, must_be_inactive: bool) -> Guest:
        """Take a new definition in, as a new domain or in place of one of the same UUID and name."""
        document.uuid = document.uuid or _new_uuid()
        for other in self.guests.values():
            same_name = other.document.name == document.name
            if same_name and other.document.uuid != document.uuid:
                taken = f"domain '{document.name}' already exists with uuid {other.document.uuid}"
                raise errors.OperationFailed(taken)
            if not same_name and other.document.uuid == document.uuid:
                taken = f"domain '{other.document.name}' is already defined with uuid {document.uuid}"
                raise errors.OperationFailed(taken)
        guest = self.guests.get(document.uuid)
        if guest is None:
            guest = self.guests[document.uuid] = Guest(document)
        elif must_be_inactive and guest.live is not None:
            raise errors.OperationInvalid(f"domain '{document.name}' is already active")
        elif not must_be_inactive:
            guest.config = document
        return guest

    def _run(self, guest: Guest, reason: int) -> None:
        if guest.live is None:
            guest.live = guest.document.copy()
        self.last_id += 1
        guest.id = self.last_id
        guest.state = (DomainState.RUNNING, reason)

    def _stop(self, guest: Guest, reason: int) -> None:
        guest.id = None
        guest.state = (DomainState.SHUTOFF, reason)
        if guest.config is None:
            del self.guests[guest.document.uuid]
        guest.live = None

    def _affected(self, guest: Guest, flags: int) -> list[documents.Document]:
        """The documents that a change of live, config or current state means; the first is the one to read."""
        if not flags:
            return [guest.document]
        if flags & ModificationImpact.LIVE and guest.live is None:
            raise errors.OperationInvalid("domain is not running")
        if flags & ModificationImpact.CONFIG and guest.config is None:
            raise errors.OperationInvalid("transient domains do not have any persistent config")
        wanted = []
        if flags & ModificationImpact.CONFIG:
            wanted.append(guest.config)
        if flags & ModificationImpact.LIVE:
            wanted.append(guest.live)
        return [document for document in wanted if document is not None]

    def _matches(self, guest: Guest, flags: int) -> bool:
        facts = {
            L.ACTIVE: guest.live is not None,
            L.PERSISTENT: guest.config is not None,
            L.MANAGEDSAVE: False,
            L.AUTOSTART: guest.autostart,
            L.HAS_SNAPSHOT: False,
            L.HAS_CHECKPOINT: False,
        }
        for yes, no in _QUESTIONS:
            if flags & (yes | no) and not flags & (yes if facts[yes] else no):
                return False
        states = flags & (L.RUNNING | L.PAUSED | L.SHUTOFF | L.OTHER)
        known = {DomainState.RUNNING: L.RUNNING, DomainState.PAUSED: L.PAUSED, DomainState.SHUTOFF: L.SHUTOFF}
        return not states or bool(states & known.get(DomainState(guest.state[0]), L.OTHER))


def _new_uuid() -> str:
    from uuid import uuid4

    return str(uuid4())
