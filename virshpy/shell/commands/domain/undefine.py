"""undefine, and the volumes that may go with a definition."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import StorageVolDeleteFlags, UndefineFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, Constraint, Exclusive, Requires, command, flag, option
from virshpy.shell.lang.types import TEXT, split_commas
from virshpy.shell.nouns.devices import attribute, devices
from virshpy.shell.nouns.domains import domain
from virshpy.shell.render.results import Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.api.domain import Domain
    from virshpy.api.storage import StorageVol
    from virshpy.shell.lang.command import Arguments, Invocation
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node


class _WipesSomething(Constraint):
    """--wipe-storage says how, not what."""

    def names(self) -> tuple[str, ...]:
        return ("wipe-storage", "storage", "remove-all-storage")

    def check(self, args: Invocation) -> None:
        if "wipe-storage" in args and not any(args.given.get("storage", ())) and "remove-all-storage" not in args:
            raise Failure("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'")


class _Volume:
    """A volume that is to go, and how it is spoken of."""

    def __init__(self, volume: StorageVol, target: str, source: str) -> None:
        self.volume = volume
        self.target = target
        self.title = f"'{target}'({source})"


@command(
    "undefine",
    "remove the definition of a domain",
    "Remove the definition of a domain; one that runs becomes transient. Its\n"
    "disks stay, unless the options name them: of those the volumes of storage\n"
    "pools are removed, and the command says which are not in a pool.",
    (
        domain.argument(),
        flag("managed-save", "remove its managed save image, too", adds=UndefineFlags.MANAGED_SAVE),
        option("storage", TEXT.offering("DISKS"), "remove the volumes of these disks, separated by commas"),
        flag("remove-all-storage", "remove all its volumes, too"),
        flag("delete-storage-volume-snapshots", "remove the volumes' snapshots; needs --remove-all-storage"),
        flag("wipe-storage", "overwrite the volumes before they are removed"),
        flag(
            "snapshots-metadata",
            "forget the snapshots of an inactive domain",
            adds=UndefineFlags.SNAPSHOTS_METADATA,
        ),
        flag(
            "checkpoints-metadata",
            "forget the checkpoints of an inactive domain",
            adds=UndefineFlags.CHECKPOINTS_METADATA,
        ),
        flag("nvram", "remove its NVRAM file", adds=UndefineFlags.NVRAM),
        flag("keep-nvram", "keep its NVRAM file", adds=UndefineFlags.KEEP_NVRAM),
        flag("tpm", "remove the state of its TPM", adds=UndefineFlags.TPM),
        flag("keep-tpm", "keep the state of its TPM", adds=UndefineFlags.KEEP_TPM),
    ),
    constraints=(
        Requires("delete-storage-volume-snapshots", "remove-all-storage"),
        Exclusive("nvram", "keep-nvram"),
        Exclusive("tpm", "keep-tpm"),
        _WipesSomething(),
    ),
    aliases=(Alias("delete-snapshots", "delete-storage-volume-snapshots"),),
    examples=(
        ("undefine web --nvram --managed-save", "and the files that belong to it"),
        ("undefine web --dry-run", "see what that would remove"),
    ),
    returns="message domain uuid | message domain target | warning",
)
def undefine(session: Session, domain: Domain, args: Arguments) -> Iterator[Result]:
    volumes: list[_Volume] = []
    with failing(f"Failed to undefine domain '{args.text('domain')}'"):
        if args["storage"] or "remove-all-storage" in args:
            if domain.is_active():
                raise Failure("Storage volume deletion is supported only on stopped domains", kind="state")
            yield from _select(session, domain, args["storage"], volumes)
        if "managed-save" not in args and domain.has_managed_save():
            raise Failure("Refusing to undefine while domain managed save image exists", kind="state")
        domain.undefine(flags=args.flags)
    name = args.text("domain")
    yield Message(f"Domain '{name}' has been undefined", domain=domain.name, uuid=domain.uuid)
    yield from _remove(domain, volumes, args)


def _select(session: Session, domain: Domain, storage: str | None, found: list[_Volume]) -> Iterator[Text]:
    """Find the volumes of the disks that are named, or of all; tell which are in no storage pool. A name stands for one
    disk. Raises Failure where no disk is called so."""
    wanted = split_commas(storage) if storage else []
    for disk in devices(domain, "disk"):
        source, target = _source(disk), attribute(disk, "target@dev") or ""
        if source is None:
            continue
        if storage:
            name = next((name for name in wanted if name in (target, source)), None)
            if name is None:
                continue
            wanted.remove(name)
        try:
            found.append(_Volume(_volume(session, disk, source), target, source))
        except Failure as failure:
            yield _complaint(str(failure.message))
        except errors.Error:
            yield _complaint(f"Storage volume '{target}'({source}) is not managed by libvirt. Remove it manually.\n")
    for name in wanted:
        yield _complaint(f"Volume '{name}' was not found in domain's definition.\n")
    if wanted:
        raise Failure(None, hint="domblklist shows its disks: --storage takes their targets or sources")


def _complaint(sentence: str) -> Text:
    """What virsh says as an error and goes on."""
    return Text("warning", sentence, sentence.rstrip(), error=True)


def _source(disk: Node) -> str | None:
    """Where a disk's data are, as far as a storage pool could have them."""
    source = disk.find("source")
    attributes = source.attrs if source is not None else {}
    return next((attributes[name] for name in ("file", "dir", "name", "dev", "volume") if name in attributes), None)


def _volume(session: Session, disk: Node, source: str) -> StorageVol:
    """The volume of a disk. Raises errors.Error where there is none, and Failure where there is no such pool."""
    connection, pool = session.connection, attribute(disk, "source@pool")
    if pool is None:
        return connection.storage_vol_lookup_by_path(source)
    try:
        home = connection.storage_pool_lookup_by_name(pool)
    except errors.Error:
        target = attribute(disk, "target@dev")
        raise Failure(f"Storage pool '{pool}' for volume '{target}' not found.", kind="absent") from None
    return home.storage_vol_lookup_by_name(source)


def _remove(domain: Domain, volumes: list[_Volume], args: Arguments) -> Iterator[Result]:
    """Wipe and delete volumes. One that fails does not keep the others; the last error is raised in the end."""
    snapshots = "delete-storage-volume-snapshots" in args
    flags = StorageVolDeleteFlags.WITH_SNAPSHOTS if snapshots else StorageVolDeleteFlags.NORMAL
    last: errors.Error | None = None
    for one in volumes:
        told = {"domain": domain.name, "target": one.target}
        doing = f"Failed to remove storage volume {one.title}"
        try:
            if "wipe-storage" in args:
                yield Message(f"Wiping volume {one.title} ... ", end="", **told)
                doing = "Failed! Volume not removed."
                one.volume.wipe()
                yield Message("Done.", **told)
                doing = f"Failed to remove storage volume {one.title}"
            one.volume.delete(flags=flags)
            yield Message(f"Volume {one.title} removed.", **told)
        except errors.Error as error:
            last = error
            yield _complaint(doing)
    if last is not None:
        raise Failure(None, last)
