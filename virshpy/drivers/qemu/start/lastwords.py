"""What QEMU says when it cannot start, and what helps: well-known words, each with a hint of its own."""

from __future__ import annotations

import re
from shlex import quote

from virshpy import errors
from virshpy.drivers.qemu.argv.words import comma
from virshpy.xml.domain.storage import StorageSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from virshpy.xml.domain import Domain

# What QEMU says of itself in good order, and what a guest that had been running before has left in the same log.
_CHATTER = re.compile(r"char device redirected to |: shutting down, reason=").search

# Pattern, hint, and the action that helps. Patterns are searched in order, the more particular before the more general.
# {0} is the first group; {image} is the file of the disk that the words are about, {secret} its secret.
_HINTS: tuple[tuple[str, ...], ...] = (
    (r"Image is not in (\w+) format",
     "{image} is no {0} image: if it is a plain one, say <driver name='qemu' type='raw'/>; qemu-img info {image}"),
    (r"invalid VMDK image descriptor|image not in \w+ format",
     "{image} is of another format than <driver type=…> says: qemu-img info {image}"),
    (r"Image is corrupt", "repair it, with a copy at hand: qemu-img check -r all {image}"),
    (r"'file' driver requires '(/dev/[^']+)' to be", "of a device say <disk type='block'><source dev='{0}'/>"),
    (r"'file' driver requires '([^']+)' to be", "{0} is no regular file"),
    (r"'host_device' driver requires '([^']+)' to be", "of a file say <disk type='file'><source file='{0}'/>"),
    (r"Invalid password, cannot unlock any keyslot",
     "the image was made with another value than that of the secret which <encryption> names",
     "secret_set_value", "{secret}"),
    (r"could not load PC BIOS '([^']+)'",
     "a UEFI image is flash: <loader readonly='yes' type='pflash'>{0}</loader>; a BIOS has 64 KiB or a multiple"),
    (r"system firmware block device\s+has invalid size", "what <loader> or <nvram> names is no firmware image"),
    (r"Property '[^']+' not found",
     "this QEMU's device has no such property: look at <qemu:override> and <qemu:commandline>"),
    (r"module \S+ not found, do you want to install ([\w.+-]+) package", "install it: apt install {0}"),
    (r"missing object type '([\w-]+)'|'([\w-]+)' is not a valid device model name",
     "this QEMU has no such device, or its module is not installed: {emulator} -device help"),
    (r"([-\w]+): invalid option", "QEMU has no option {0}: look at <qemu:commandline>"),
    (r"Could not set up host forwarding rule '([^']+)'",
     "the port is taken, or below 1024, which users of guests may not have: look at <qemu:commandline>"),
    (r"cannot set up guest memory '[^']+': Cannot allocate memory",
     "the host has too little memory for this guest: lower <memory>, or see what is free",
     "node_get_cells_free_memory"),
    (r"unable to map backing store for guest RAM: Cannot allocate memory",
     "the host has too few huge pages free", "node_get_free_pages"),
    (r"mlockall: Cannot allocate memory",
     "<locked/> needs a limit on locked memory above the guest's: take it out, or ulimit -l unlimited"),
    (r"backing store size \S+ does not match 'size' option",
     "the memory of <shmem> is there already, in /dev/shm, with another size: say that one, or remove it"),
    (r"cannot bind memory to host NUMA nodes",
     "<numatune> names a node that this host has not; the capabilities list its nodes", "connect_get_capabilities"),
    (r"kernel doesn't allow setting HyperV VP_INDEX",
     "all of <hyperv> needs KVM: without it <vpindex> must be off, and the other elements have no effect"),
    (r"CPU model 'host' requires KVM", "<cpu mode='maximum'/> is the most that there is without KVM"),
    (r"Cannot assign requested address",
     "the address to listen on is none of this host's: 'ip address' shows those that are"),
    (r"Failed to find an available port: Address already in use|binding socket to \S+ failed",
     "the port is taken, or below 1024, or the address none of this host's; without port= a free one is found"),
    (r"Failed to bind socket: Permission denied", "users of guests may not have ports below 1024: name another one"),
    (r"Failed to connect to '([^']+)': Connection refused", "nobody listens at {0}: start that first"),
    (r"address resolution failed for ([^:]+):", "no address is known for the name {0}"),
    (r"Could not open '([^']+)': Permission denied",
     "guests run under users of their own, and what only <qemu:commandline> names is not opened to them:"
     " chmod o+rw {0}"),
    (r"Could not open '([^']+)': No such file or directory", "{0} is not there"),
    (r"(\S+): is not an evdev device", "{0} is no event device: ls -l /dev/input/by-id"),
    (r"failed to initialize vcard", "the emulated smart card needs the certificates that <smartcard> names"),
)  # fmt: skip


def complaint(log: str) -> str:
    """QEMU's own words out of what a start has written to its log."""
    return "\n".join(line for line in log.strip().splitlines() if not _CHATTER(line))


def help_with(said: str, domain: Domain) -> tuple[str | None, tuple[str, ...] | None]:
    """Hint and action against one of the well-known complaints; None where there is none."""
    for pattern, *texts in _HINTS:
        if found := re.search(pattern, said):
            groups = [group for group in found.groups() if group is not None]
            source = _source(said, domain) or StorageSource()
            secrets = source.encryption.secrets if source.encryption else []
            names = {
                "image": quote(source.file or source.dev or source.name or "IMAGE"),
                "emulator": domain.devices.emulator or "qemu-system-x86_64",
                "secret": next((secret.uuid for secret in secrets if secret.uuid), "UUID"),
            }
            hint, *action = (text.format(*groups, **names) for text in texts)
            return hint, tuple(action) or None
    return None, None


def _source(said: str, domain: Domain) -> StorageSource | None:
    """What the block node in QEMU's complaint is a layer of."""
    node = re.search(r'"node-name":"libvirt-(\d+)-', said)
    number = int(node[1]) if node else None
    for disk in domain.devices.disks:
        if disk.source is not None and disk.source.index == number:
            return disk.source
        layer = disk.backing_store
        while layer is not None:
            if layer.index == number:
                return layer.source
            layer = layer.backing_store
    return None


def may_be_about(said: str, socket: str, argv: Sequence[str]) -> bool:
    """Whether QEMU, of these arguments, may complain of the process that served ``socket``.

    It names the socket, or the character device that is connected to it; an emulated TPM is named as such.
    """
    connected = (re.fullmatch(rf"socket,id=([\w-]+),path={re.escape(comma(socket))}", word) for word in argv)
    names = [socket, *(found[1] for found in connected if found)]
    if "chrtpm" in names:
        names.append("tpm-emulator")
    return any(re.search(rf"{re.escape(name)}(?![\w-])", said) for name in names)


def of_helper(program: str, ending: str, log: str, path: str) -> errors.Error:
    """The error of a start that failed because a process beside QEMU had ended, with the last line of its own log."""
    lines = [line for line in log.splitlines() if line.strip()]
    said = f": {lines[-1].strip()}" if lines else ""
    return errors.InternalError(
        f"{program} ended with {ending}{said}",
        hint=f"QEMU could not go on without it; its own log is {path}",
    )
