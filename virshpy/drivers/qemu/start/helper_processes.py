"""Processes beside a guest's QEMU: a TPM emulator, file servers, passt. They start before it and end after it."""

from __future__ import annotations

import json
import os
from shlex import quote

from virshpy import errors
from virshpy.drivers.qemu.argv.interfaces import has_passt
from virshpy.drivers.qemu.vault import secret_value
from virshpy.host.steps.access import GiveTree
from virshpy.host.steps.descriptors import SecretPipe
from virshpy.host.steps.filesystem import KeptDirectory, ListeningSocket
from virshpy.host.steps.process import RunOnce, Spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.identity import Identity
    from virshpy.drivers.qemu.records import Domains
    from virshpy.host.steps import Step
    from virshpy.host.systemd import Scope
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.devices import TPM
    from virshpy.xml.domain.filesystem import Filesystem

_VHOST_USER = ("/etc/qemu/vhost-user", "/usr/local/share/qemu/vhost-user", "/usr/share/qemu/vhost-user")


def helper_steps(
    domains: Domains, domain: Domain, identity: Identity, directory: str, scope: Scope | None
) -> Iterator[Step]:
    """Each helper process listens on a socket that is made here, so that QEMU may connect before it is ready."""
    for step in _steps(domains, domain, identity, directory):
        if isinstance(step, Spawn):
            step.scope = scope
        yield step


def _steps(domains: Domains, domain: Domain, identity: Identity, directory: str) -> Iterator[Step]:
    for tpm in domain.devices.tpms:
        if tpm.backend and tpm.backend.type == "emulator":
            yield from _swtpm(domains, domain, tpm, identity, directory)
    for filesystem in domain.devices.filesystems:
        virtiofs = filesystem.driver is not None and filesystem.driver.type == "virtiofs"
        if virtiofs and not (filesystem.source and filesystem.source.socket):
            yield from _virtiofsd(domains, domain, filesystem, identity, directory)
    for interface in domain.devices.interfaces:
        if has_passt(interface):
            from virshpy.drivers.qemu.start.passt import passt_steps

            yield from passt_steps(domains, domain, interface, identity, directory)


def _swtpm(domains: Domains, domain: Domain, tpm: TPM, identity: Identity, directory: str) -> Iterator[Step]:
    from shutil import which

    assert domain.uuid and domain.name and tpm.backend
    program = _program("swtpm", "swtpm")
    two = tpm.backend.version != "1.2"
    holder = domains.tpm_state(domain.uuid)
    state = f"{holder}/{'tpm2' if two else 'tpm1.2'}"
    version = ["--tpm2"] if two else []
    fresh = not os.path.isdir(state)
    for path in (os.path.dirname(holder), holder):
        yield KeptDirectory(path, 0o711)
    yield KeptDirectory(state, 0o700)
    if identity.uid is not None:
        yield GiveTree(state, identity.uid)
    password, locked, opened = _tpm_password(domains, tpm)
    setup = which("swtpm_setup")
    if fresh and setup:
        # The endorsement key, as from a factory; certificates would need an authority of the host's own.
        words = ["--tpmstate", state, "--createek", "--lock-nvram", *locked]
        yield RunOnce([setup, *version, *words], uid=identity.uid, descriptors=password)
    control = ListeningSocket(f"{directory}/swtpm.sock", owner=identity.uid)
    yield control
    yield Spawn(
        [program, "socket", "--ctrl", "type=unixio,fd={fd:socket}", "--tpmstate", f"dir={state},mode=0600",
         "--terminate", *version, *opened],
        log=domains.log(f"{domain.name}-swtpm"),
        uid=identity.uid,
        descriptors={"socket": control, **password},
    )  # fmt: skip


def _tpm_password(domains: Domains, tpm: TPM) -> tuple[dict[str, SecretPipe], list[str], list[str]]:
    """What a TPM's state is encrypted with: its descriptors, and the words of swtpm_setup and of swtpm about it."""
    encryption = tpm.backend.encryption if tpm.backend else None
    if encryption is None or encryption.secret is None:
        return {}, [], []
    cipher = "aes-256-cbc"
    value = secret_value(domains.site, "vtpm", encryption.secret, None)
    return (
        {name: SecretPipe(value) for name in ("password", "moving")},
        ["--pwdfile-fd", "{fd:password}", "--cipher", cipher],
        ["--key", f"pwdfd={{fd:password}},mode={cipher}", "--migration-key", f"pwdfd={{fd:moving}},mode={cipher}"],
    )


def _virtiofsd(
    domains: Domains, domain: Domain, filesystem: Filesystem, identity: Identity, directory: str
) -> Iterator[Step]:
    """The file server acts for every user of the guest, so it is root's, in a namespace with only its directory."""
    if os.geteuid() != 0:
        raise errors.ConfigUnsupported(
            "virtiofs is not yet supported in session mode", hint="use qemu:///system as root, or a 9p <filesystem>"
        )
    assert filesystem.alias and domain.name
    binary = filesystem.binary
    source = filesystem.source.dir if filesystem.source else None
    if not source or not os.path.isdir(source):
        raise errors.InternalError(
            f"the virtiofs export directory '{source}' does not exist",
            hint=f"make it: mkdir -p {quote(source)}" if source else None,
        )
    options = [f"source={source.replace(',', ',,')}"]
    if binary is not None:
        if binary.cache and binary.cache.mode:
            options.append(f"cache={binary.cache.mode}")
        if binary.sandbox and binary.sandbox.mode:
            options.append(f"sandbox={binary.sandbox.mode}")
        if binary.xattr is not None:
            options.append("xattr" if binary.xattr else "no_xattr")
        if binary.lock and binary.lock.flock is not None:
            options.append("flock" if binary.lock.flock else "no_flock")
        if binary.lock and binary.lock.posix is not None:
            options.append("posix_lock" if binary.lock.posix else "no_posix_lock")
    program = (binary and binary.path) or _file_server()
    if not os.access(program, os.X_OK) or os.path.isdir(program):
        raise errors.InternalError(
            f"virtiofsd binary '{program}' is not executable",
            hint="leave <binary path='…'> out: the one that is installed is found",
        )
    words = [program, "--fd={fd:socket}", "-o", ",".join(options)]
    if binary is not None and binary.thread_pool and binary.thread_pool.size is not None:
        words.append(f"--thread-pool-size={binary.thread_pool.size}")
    listening = ListeningSocket(f"{directory}/{filesystem.alias.name}-fs.sock", owner=identity.uid)
    yield listening
    log = domains.log(f"{domain.name}-{filesystem.alias.name}-virtiofsd")
    yield Spawn(words, log=log, descriptors={"socket": listening})


def _file_server() -> str:
    """The program that QEMU's own descriptions name for vhost-user file systems."""
    for folder in _VHOST_USER:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            try:
                with open(f"{folder}/{name}") as file:
                    description = json.load(file)
            except (OSError, ValueError):
                continue
            if description.get("type") == "fs" and os.access(description.get("binary", ""), os.X_OK):
                return str(description["binary"])
    for path in ("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"):
        if os.access(path, os.X_OK):
            return path
    raise errors.OperationFailed(
        "Unable to find a satisfying virtiofsd",
        hint="on Debian 12: apt install qemu-system-common; where it has a package of its own: apt install virtiofsd",
    )


def _program(name: str, package: str) -> str:
    from shutil import which

    path = which(name)
    if path is None:
        raise errors.SystemCallError(
            f"Unable to find '{name}' binary in $PATH: No such file or directory", hint=f"apt install {package}"
        )
    return path
