"""The plan of a start: what will be done to the host for one guest, as steps in their order. Nothing is done here."""

from __future__ import annotations

import os
from functools import partial

from virshpy import errors
from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.interfaces import LINKED, has_passt, queues_of
from virshpy.drivers.qemu.argv.runtime import Runtime
from virshpy.drivers.qemu.identity import Identity
from virshpy.drivers.qemu.postparse.aliases import alias_of
from virshpy.drivers.qemu.start.holders import guest_with
from virshpy.drivers.qemu.start.hooks import hook_steps
from virshpy.drivers.qemu.start.paths import OTHER_FIRMWARE, Opening
from virshpy.drivers.qemu.steps import FreshMonitor
from virshpy.drivers.qemu.vault import Vault
from virshpy.enums import CreateFlags
from virshpy.host import access, systemd
from virshpy.host.namespaces import HOST
from virshpy.host.steps.access import GiveFile, GrantAccess
from virshpy.host.steps.descriptors import OpenFile
from virshpy.host.steps.filesystem import (
    BoundedDirectory,
    CopyFile,
    ListeningSocket,
    MakeDirectory,
    PrimedPipe,
    RemoveFile,
    RotateLog,
    WriteFile,
)
from virshpy.host.steps.process import RunOnce, Spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from virshpy.drivers.qemu.argv.runtime import CommandLine
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.drivers.qemu.records import Domains
    from virshpy.drivers.qemu.start.nics import HostEnd
    from virshpy.host.steps import Step
    from virshpy.host.systemd import Scope
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.osboot import Sysinfo
    from virshpy.xml.domain.storage import BackingStore


def _generic_device(adapter: str, bus: int, target: int, unit: int) -> str:
    from virshpy.host.scsi import generic_device

    return generic_device(adapter, bus, target, unit)


def _huge_page_mount(size: int) -> str:
    from virshpy.drivers.qemu.node.memory import huge_page_mount

    return huge_page_mount(size)


def _host_sysinfo() -> Sysinfo:
    from virshpy.drivers.qemu.node.identity import sysinfo_xml
    from virshpy.xml.domain.osboot import Sysinfo

    return Sysinfo.parse(sysinfo_xml())


# QEMU opens both itself, by names relative to its working directory, which is the guest's own.
_EVENT_WORDS = ["-chardev", "pipe,id=charevents,path=events", "-mon", "chardev=charevents,id=events,mode=control"]
_MONITOR_WORDS = [
    "-chardev", "socket,id=charmonitor,{listen:monitor},server=on,wait=off",
    "-mon", "chardev=charmonitor,id=monitor,mode=control",
]  # fmt: skip
_GREETING = '{"execute":"qmp_capabilities"}'


class StartPlan:
    """``steps`` in order, among them ``spawn``, which starts QEMU; ``socket`` is its monitor's. ``last`` are those for
    the time when the guest runs."""

    def __init__(self, steps: list[Step], spawn: Spawn, socket: ListeningSocket, last: Sequence[Step]) -> None:
        self.steps = steps
        self.spawn = spawn
        self.socket = socket
        self.last = last

    @property
    def helpers(self) -> list[Spawn]:
        """The processes beside QEMU."""
        return [step for step in self.steps if isinstance(step, Spawn) and step is not self.spawn]

    def monitor(self, timeout: float) -> FreshMonitor:
        """The monitor of the QEMU that it starts."""
        return FreshMonitor(self.socket.path, timeout, self.spawn, self.socket.by_hand or self.socket.path)


def lifecycle_words(domain: Domain) -> list[str]:
    """What QEMU itself does when the guest powers off, restarts or panics, from on_poweroff, on_reboot, on_crash.

    QEMU carries out all that it can: ``destroy`` is to exit, ``restart`` of a reboot is to reset. What remains is
    paused at the moment in question, for the watcher to act on (watch.py).
    """
    actions = []
    if domain.on_reboot == "destroy":
        actions.append("reboot=shutdown")
    if domain.on_poweroff == "restart":
        actions.append("shutdown=pause")
    if domain.on_crash not in (None, "destroy"):
        actions.append("panic=pause")
    return ["-action", ",".join(actions)] if actions else []


def needs_watcher(domain: Domain) -> bool:
    """Whether some policy of the guest needs an actor."""
    return domain.on_poweroff == "restart" or domain.on_crash in ("restart", "coredump-restart", "coredump-destroy")


def start_plan(domains: Domains, domain: Domain, caps: QemuCaps, id: int, identity: Identity, flags: int) -> StartPlan:
    """The plan for a complete document with aliases. Raises SystemCallError for files missing or out of reach."""
    assert domain.name
    directory = domains.guest_directory(id)
    vault = Vault(domains.site)
    runtime = Runtime(
        id=id,
        run_dir=directory,
        home_dir=domains.own_directory(id),
        memory_dir=domains.memory_directory(id),
        master_key=f"{directory}/master-key.aes",
        vault=vault,
        monitor_words=[*_MONITOR_WORDS, *_EVENT_WORDS],
        lifecycle_words=lifecycle_words(domain),
        host_sysinfo=_host_sysinfo,
        huge_pages=lambda size: f"{_huge_page_mount(size)}/virshpy-{domain.uuid}",
        generic_device=_generic_device,
    )
    command = command_line(domain, caps, runtime)
    own = domains.own_directory(id)
    monitor = ListeningSocket(domains.monitor(id), by_hand=f"{own}/monitor.sock")
    prepare_hook, start_hook, *last = hook_steps(domains, domain, id) or (None, None)
    scope = systemd.scope(domain.name, domains.site.config.slice, domains.site.warn)
    spawn = Spawn(
        command.argv,
        log=domains.log(domain.name),
        cwd=directory,
        env=command.env,
        uid=identity.uid,
        groups=identity.groups,
        patience=domains.site.config.stop_patience,
        scope=scope,
    )
    holder = partial(guest_with, domains, domain)
    opening = Opening(identity, directory, _overlays(domain), holder, domains.site.directories.lasting_locks)
    key_mode = 0o600 if identity.uid is None else 0o440  # its group is the guest's alone
    steps: list[Step | None] = [
        prepare_hook,
        RotateLog(domains.log(domain.name), domains.site.config.log_size),
        *_passage(domains, identity, directory),
        # It is ours, and the guest's user may only pass: what that user may write in it is given to it by name.
        BoundedDirectory(directory, 0o700 if identity.uid is None else 0o711),
        MakeDirectory(own, owner=identity.uid),
        PrimedPipe(f"{directory}/events", _GREETING, owner=identity.uid),
        WriteFile(f"{directory}/master-key.aes", vault.key, key_mode, group=identity.uid, note="32 random bytes"),
        monitor,
        *_nvram_steps(domain, identity, reset=bool(flags & CreateFlags.START_RESET_NVRAM)),
        *_overlay_steps(domain, identity),
        *opening.steps(command.files),
        *_overlay_images(domain, identity),
        *_helper_steps(domains, domain, identity, own, scope),
    ]
    spawn.descriptors, devices = _descriptors(command, opening, own, _host_ends(domains, domain))
    spawn.descriptors["monitor"] = monitor
    steps += [*devices, start_hook, spawn]
    return StartPlan([step for step in steps if step is not None], spawn, monitor, last)


def _helper_steps(
    domains: Domains, domain: Domain, identity: Identity, own: str, scope: Scope | None
) -> Iterable[Step]:
    devices = domain.devices
    if not devices.tpms and not devices.filesystems and not any(map(has_passt, devices.interfaces)):
        return ()
    from virshpy.drivers.qemu.start.helper_processes import helper_steps

    return helper_steps(domains, domain, identity, own, scope)


def _nvram_steps(domain: Domain, identity: Identity, *, reset: bool) -> list[Step]:
    """The variable store of a UEFI guest: made from its template the first time, given to the guest while it runs."""
    nvram = domain.os.nvram if domain.os else None
    path = nvram and nvram.path
    if not nvram or not path:
        return []
    steps: list[Step] = []
    there = os.path.exists(path)
    kept = there and not reset
    if not kept and nvram.template:
        if there:
            steps.append(RemoveFile(path))
        steps.append(CopyFile(nvram.template, path))
    elif not kept:
        loader = domain.os and domain.os.loader and domain.os.loader.value
        raise errors.OperationFailed(
            f"unable to find any master var store for loader: {loader}",
            hint="name one: <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>"
            if loader and os.path.exists(loader)
            else OTHER_FIRMWARE,
        )
    if identity.uid is not None:
        steps.append(GiveFile(path, identity.uid, made=not kept))
    return steps


def _overlays(domain: Domain) -> dict[str, BackingStore]:
    """The overlays of transient disks, and what is beneath each."""
    disks = [disk for disk in domain.devices.disks if disk.transient is not None]
    return {
        disk.source.file: disk.backing_store
        for disk in disks
        if disk.source is not None and disk.source.file and disk.backing_store is not None
    }


def _overlay_steps(domain: Domain, identity: Identity) -> list[Step]:
    """Empty files of the guest's own, which go when it goes."""
    return [WriteFile(path, b"", owner=identity.uid, note="nothing") for path in _overlays(domain)]


def _overlay_images(domain: Domain, identity: Identity) -> list[Step]:
    """What makes images of them, as soon as the guest may read what is beneath."""
    steps: list[Step] = []
    for path, below in _overlays(domain).items():
        assert below.source is not None and below.image_format is not None
        words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", below.image_format.type or "raw"]
        steps.append(RunOnce([*words, "-b", below.source.file or "", path], uid=identity.uid))
    return steps


def _passage(domains: Domains, identity: Identity, directory: str) -> list[Step]:
    """The guest's user may pass through to what is virshpy's own, from wherever that is (a home directory, say)."""
    if identity.uid is None:
        return []
    blocked = {folder for own in (directory, domains.site.directories.nvram) for folder in identity.obstacles(own)}
    locks = domains.site.directories.lasting_locks
    return [GrantAccess(folder, identity.uid, access.SEARCH, locks) for folder in sorted(blocked)]


def _descriptors(
    command: CommandLine, opening: Opening, own: str, ends: Mapping[str, HostEnd]
) -> tuple[dict[str, Any], list[Step]]:
    """What QEMU is handed open, and the steps that make what is behind it."""
    openers: dict[str, Any] = {}
    steps: dict[str, list[Step]] = {}
    for name, what in command.descriptors.items():
        kind = what["kind"]
        if kind == "tap":
            alias = what["interface"]
            openers[name] = ends[alias].opener
            steps[alias] = ends[alias].steps
        elif kind in ("vhost-net", "vhost-vsock"):
            openers[name] = OpenFile(f"/dev/{kind}")
        elif kind == "listen":
            path = what["path"]
            opening.require_free(path)
            by_hand = f"{own}/{os.path.basename(path)}" if path.startswith(f"{opening.directory}/") else None
            openers[name] = ListeningSocket(path, by_hand=by_hand)
            steps[name] = [openers[name]]
        else:
            raise errors.ConfigUnsupported(f"a descriptor of kind '{kind}' cannot be opened yet")
    return openers, [step for group in steps.values() for step in group]


def _host_ends(domains: Domains, domain: Domain) -> dict[str, HostEnd]:
    """The host's end of each interface that has a link of its own, by the interface's alias."""
    linked = [interface for interface in domain.devices.interfaces if interface.type in LINKED]
    if not linked:
        return {}
    from virshpy.drivers.qemu.start import nics

    ends = {}
    for interface in linked:
        more: list[Step] = []
        plug, where = nics.plug_of(interface), HOST
        if interface.source is not None and interface.source.portid:
            from virshpy.drivers.network import guests

            plug, more, where = guests.port_of(domains.site, interface)
        if os.geteuid() != 0 and not where.is_own:
            raise errors.OperationDenied(
                "creating a tap device needs root",
                hint="use a network of this connection (<interface type='network'>, net-define, net-start), "
                "<interface type='user'>, or qemu:///system as root",
            )
        ends[alias_of(interface)] = nics.host_end(domain, interface, plug, queues_of(interface), more, where)
    return ends
