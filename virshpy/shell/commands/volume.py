"""Storage Volume: what pools hold."""

from __future__ import annotations

from functools import partial

from virshpy import errors
from virshpy.enums import (
    StorageVolCreateFlags,
    StorageVolDeleteFlags,
    StorageVolDownloadFlags,
    StorageVolInfoFlags,
    StorageVolResizeFlags,
    StorageVolUploadFlags,
    StorageVolWipeAlgorithm,
)
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Reads, argument, command, flag, option
from virshpy.shell.lang.types import STRING, TEXT, Choice, File, Path, Size, UInt, Wrapping
from virshpy.shell.nouns.objects import PoolType, VolumeType, find_volume
from virshpy.shell.nouns.options import PRINT_XML, WRAP, XPATH, selected, validate
from virshpy.shell.render.readable import scaled, shown_size
from virshpy.shell.render.results import Document, Field, Fields, Message, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from virshpy.api.storage import StoragePool, StorageVol
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_POOL = argument("pool", PoolType(states="active"), "name or UUID of a pool")
_IN_POOL = option("pool", PoolType(states="active"), "the pool that the volume is in")
_NEW_IN = argument("pool", PoolType(states="active"), "the pool to make it in")
_VOL = argument("vol", VolumeType(), "name (with its pool), key or path of a volume")
_NEW = StorageVolCreateFlags
_PREALLOCATE = flag("prealloc-metadata", "preallocate the metadata of a qcow2 image", adds=_NEW.PREALLOC_METADATA)
_REFLINK = flag("reflink", "share blocks with the original where the file system can", adds=_NEW.REFLINK)
_FORMATS = Choice("raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", "vhdx", "dir")
_TYPES = ("file", "block", "dir", "network", "netdir", "ploop")


def _kind(number: int) -> str:
    return _TYPES[number] if 0 <= number < len(_TYPES) else "unknown"


class VolumeSize(Size):
    """A size with virsh's own complaint."""

    word = "string"
    empty_ok = False

    def convert(self, text: str, name: str) -> int:
        try:
            return super().convert(text, name)
        except Failure as failure:
            raise Failure(f"Malformed size {text}", failure.cause) from None


class Allocation(VolumeSize):
    """A size that may be left empty: None."""

    empty_ok = True

    def convert(self, text: str, name: str) -> Any:
        return super().convert(text, name) if text else None


# making
@command(
    "vol-create-as",
    "make a volume from options",
    "Make a volume from what the options say.",
    (
        _NEW_IN,
        argument("name", STRING, "name of the volume"),
        argument("capacity", VolumeSize(), "its size, in bytes or with a unit"),
        option("allocation", Allocation(), "space to allocate now, in bytes or with a unit"),
        option("format", _FORMATS, "format of the image"),
        option("backing-vol", VolumeType(), "its backing file, as a volume"),
        option("backing-vol-format", STRING.offering("IMAGE_FORMATS"), "format of its backing file"),
        _PREALLOCATE,
        PRINT_XML,
    ),
    examples=(("vol-create-as default-pool web.qcow2 20G --format qcow2", "a disk that grows up to 20 GiB"),),
    returns="message name pool | xml",
)
def vol_create_as(session: Session, pool: StoragePool, name: str, print_xml: bool, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    xml = _volume_xml(session, args)
    if print_xml:
        yield Document(xml)
        return
    with failing(f"Failed to create vol {name}"):
        yield from transfer("Create", session, lambda: pool.storage_vol_create_xml(xml, flags=args.flags))
    yield Message(f"Vol {name} created", name=name, pool=pool.name)


def _volume_xml(session: Session, args: Arguments) -> str:
    from virshpy.shell.markup import Writer

    write = Writer()
    with write.element("volume"):
        write.text("name", args["name"])
        write.text("capacity", args["capacity"])
        write.text("allocation", args["allocation"])
        if args["format"]:
            with write.element("target"):
                write.empty("format", type=args["format"])
        if args["backing-vol"]:
            backing = find_volume(session, args, "backing-vol", "pool")
            with write.element("backingStore"):
                write.text("path", backing.path())
                write.given("format", type=args["backing-vol-format"])
    return write.result()


@command(
    "vol-create",
    "make a volume from a file",
    "Make a volume from its XML.",
    (_NEW_IN, argument("file", File(), "file with the volume's XML"), _PREALLOCATE, validate(_NEW.VALIDATE)),
    examples=(("vol-create default-pool disk.xml", "with all that the XML can express"),),
    returns="message name pool",
)
def vol_create(session: Session, pool: StoragePool, file: str, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    typed = args.text("file")
    with failing(f"Failed to create vol from {typed}"):
        volume = yield from transfer("Create", session, lambda: pool.storage_vol_create_xml(file, flags=args.flags))
    yield _made(volume, f"Vol {volume.name} created from {typed}")


@command(
    "vol-create-from",
    "make a volume with another's data",
    "Make a volume from its XML and fill it with the data of another.",
    (
        _NEW_IN,
        argument("file", Path(), "file with the new volume's XML"),
        argument("vol", VolumeType("inputpool"), "the volume to copy"),
        option("inputpool", PoolType(states="active"), "the pool that the volume to copy is in"),
        _PREALLOCATE,
        _REFLINK,
        validate(_NEW.VALIDATE),
    ),
    examples=(("vol-create-from default-pool disk.xml golden --inputpool templates", "from another pool"),),
    returns="message name pool",
)
def vol_create_from(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    original = find_volume(session, args, "vol", "inputpool")
    # virsh looks for the volume before it looks into the file.
    xml = File().resolve(args["file"], "file", session)
    with failing(f"Failed to create vol from {args['file']}"):
        copy = partial(args["pool"].storage_vol_create_xml_from, xml, original, flags=args.flags)
        volume = yield from transfer("Copy", session, copy)
    yield _made(volume, f"Vol {volume.name} created from input vol {original.name}")


@command(
    "vol-clone",
    "copy a volume within its pool",
    "Make a volume in the same pool with the same data.",
    (
        argument("vol", VolumeType(), "the volume to copy: name (with its pool), key or path"),
        argument("newname", TEXT, "name of the copy"),
        _IN_POOL,
        _PREALLOCATE,
        _REFLINK,
        PRINT_XML,
    ),
    examples=(("vol-clone golden.qcow2 web.qcow2 default-pool", "a disk for another guest"),),
    returns="message name pool | xml",
)
def vol_clone(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    original = find_volume(session, args)
    if not args["newname"]:
        raise Failure("Failed to get option 'newname': Option argument is empty")
    xml = _renamed(original.xml_desc(), args["newname"])
    if "print-xml" in args:
        yield Document(xml)
        return
    with failing(f"Failed to clone vol from {original.name}"):
        copy = partial(original.pool.storage_vol_create_xml_from, xml, original, flags=args.flags)
        volume = yield from transfer("Clone", session, copy)
    yield _made(volume, f"Vol {volume.name} cloned from {original.name}")


def _renamed(xml: str, name: str) -> str:
    """A volume's document with another name, laid out as virsh prints it."""
    from virshpy.shell.edit_tree import parsed, printed, set_text

    root = parsed(xml, "(volume_definition)", "volume")
    named = root.find("name")
    if named is not None:
        set_text(named, name)
    return printed(root)


def _made(volume: StorageVol, sentence: str) -> Message:
    return Message(sentence, name=volume.name, pool=volume.pool.name)


# removing, resizing
@command(
    "vol-delete",
    "delete a volume",
    "Delete a volume with its data.",
    (
        _VOL,
        _IN_POOL,
        flag(
            "delete-snapshots",
            "delete the snapshots that the storage keeps of it, too",
            adds=StorageVolDeleteFlags.WITH_SNAPSHOTS,
        ),
    ),
    examples=(("vol-delete web.qcow2 default-pool", "when its guest is gone"),),
    returns="message name",
)
def vol_delete(session: Session, args: Arguments) -> Message:
    volume = find_volume(session, args)
    typed = args.text("vol")
    with failing(f"Failed to delete vol {typed}"):
        volume.delete(flags=args.flags)
    return Message(f"Vol {typed} deleted", name=volume.name)


_ALGORITHMS = {algorithm.name.lower(): algorithm for algorithm in StorageVolWipeAlgorithm}


@command(
    "vol-wipe",
    "overwrite a volume",
    "Overwrite a volume so that its data can no longer be read.",
    (
        _VOL,
        _IN_POOL,
        option("algorithm", Choice(*_ALGORITHMS), "how to overwrite it (default: zero)", late=True),
    ),
    examples=(("vol-wipe web.qcow2 default-pool", "before it is deleted"),),
    returns="message name",
)
def vol_wipe(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    volume = find_volume(session, args)
    typed = args.text("vol")
    algorithm = args["algorithm"] or "zero"
    if algorithm not in _ALGORITHMS:
        raise Failure(f"Unsupported algorithm '{algorithm}'")
    with failing(f"Failed to wipe vol {typed}"):
        plain = args["algorithm"] is None
        wipe = volume.wipe if plain else partial(volume.wipe_pattern, _ALGORITHMS[algorithm])
        yield from transfer("Wipe", session, wipe)
    yield Message(f"Vol {typed} wiped", name=volume.name)


@command(
    "vol-resize",
    "change the size of a volume",
    "Change the size of a volume that no running guest uses; blockresize is for\nthe others.",
    (
        _VOL,
        argument("capacity", STRING, "its new size, in bytes or with a unit", late=True),
        _IN_POOL,
        flag("allocate", "allocate what is added", adds=StorageVolResizeFlags.ALLOCATE),
        flag("delta", "the size is what to add", adds=StorageVolResizeFlags.DELTA),
        flag("shrink", "let it become smaller, and lose data", adds=StorageVolResizeFlags.SHRINK),
    ),
    examples=(("vol-resize web.qcow2 +10G default-pool --delta", "10 GiB more"),),
    returns="message name",
)
def vol_resize(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    volume = find_volume(session, args)
    flags, text = args.flags, args["capacity"]
    if text.startswith("-"):
        # The call wants a size and a flag; a person may say the same with a sign.
        if "shrink" not in args:
            raise Failure("negative size requires --shrink")
        flags |= StorageVolResizeFlags.DELTA
        text = text[1:]
    capacity = VolumeSize().convert(text.removeprefix("+"), "capacity")
    word = "by" if flags & StorageVolResizeFlags.DELTA else "to"
    with failing(f"Failed to change size of volume '{volume.name}' {word} {text}"):
        yield from transfer("Resize", session, lambda: volume.resize(capacity, flags=flags))
    yield Message(f"Size of volume '{volume.name}' successfully changed {word} {text}", name=volume.name)


# data
_OFFSET = option("offset", UInt(64), "position in the volume, in bytes")
_LENGTH = option("length", Wrapping(), "number of bytes")
_BYPASS = flag("bypass", "keep it out of the host's page cache")


@command(
    "vol-upload",
    "fill a volume from a file",
    "Write the content of a file into a volume.",
    (
        _VOL,
        argument("file", Path(), "file to read", late=True),
        _IN_POOL,
        _OFFSET,
        _LENGTH,
        flag("sparse", "keep holes sparse", adds=StorageVolUploadFlags.SPARSE_STREAM),
        _BYPASS,
    ),
    constraints=(Reads("offset", "length"),),
    examples=(("vol-upload web.img debian.img default-pool", "a downloaded image becomes a disk"),),
    returns="",
)
def vol_upload(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer

    volume = find_volume(session, args)
    path = args["file"]
    try:
        source = open(path, "rb")  # noqa: SIM115 - closed below, whatever the driver says to it
    except OSError:
        raise Failure(f"cannot read {path}", kind="failed") from None
    with source:
        with failing(f"cannot upload to volume {volume.name}"):
            stream = volume.upload(args["offset"] or 0, args["length"] or 0, flags=args.flags)

        def send() -> None:
            stream.send_from(source.fileno(), 0, bypass="bypass" in args)
            stream.finish()

        try:
            with failing(f"cannot send data to volume {volume.name}"):
                yield from transfer("Upload", session, send)
        finally:
            stream.close()


@command(
    "vol-download",
    "copy a volume's content to a file",
    "Write the content of a volume into a file.",
    (
        _VOL,
        argument("file", Path(), "file to write", late=True),
        _IN_POOL,
        _OFFSET,
        _LENGTH,
        flag("sparse", "keep holes sparse", adds=StorageVolDownloadFlags.SPARSE_STREAM),
        _BYPASS,
    ),
    constraints=(Reads("offset", "length"),),
    examples=(("vol-download web.qcow2 backup.qcow2 default-pool", "while its guest does not run"),),
    returns="",
)
def vol_download(session: Session, args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import transfer
    from virshpy.shell.userfiles import filled

    volume = find_volume(session, args)
    path = args["file"]
    with failing(f"cannot download from volume {volume.name}"):
        stream = volume.download(args["offset"] or 0, args["length"] or 0, flags=args.flags)

    def receive() -> None:
        with filled(path) as target:
            stream.write_to(target, bypass="bypass" in args)
        stream.finish()

    try:
        with failing(f"cannot receive data from volume {volume.name}"):
            yield from transfer("Download", session, receive)
    except OSError:
        raise Failure(f"cannot create {path}", kind="failed") from None
    finally:
        stream.close()


# asking
@command(
    "vol-info",
    "facts about a volume",
    "Print the basic facts about a volume.",
    (
        _VOL,
        _IN_POOL,
        flag("bytes", "sizes in bytes"),
        flag("physical", "the physical size instead of the allocation"),
    ),
    examples=(("vol-info web.qcow2 default-pool --bytes", "sizes as numbers for a script"),),
    returns="name type capacity_bytes allocation_bytes? physical_bytes?",
)
def vol_info(session: Session, args: Arguments) -> Iterable[Result]:
    volume = find_volume(session, args)
    name_field = Field("name", "Name", volume.name)
    physical = "physical" in args
    try:
        info = volume.info(flags=StorageVolInfoFlags.GET_PHYSICAL) if physical else volume.info()
    except errors.Error:
        yield Fields([name_field], 16)  # virsh has printed it by then
        raise
    fields = [name_field, Field("type", "Type", _kind(info.type))]
    sizes = [("capacity", info.capacity), ("physical" if physical else "allocation", info.allocation)]
    for name, value in sizes:
        text = f"{value} bytes" if "bytes" in args else scaled(value)
        fields.append(Field(f"{name}_bytes", name.capitalize(), value, text))
    yield Fields(fields, 16)


@command(
    "vol-list",
    "list the volumes of a pool",
    "List the volumes of an active pool.",
    (_POOL, flag("details", "show sizes and more")),
    examples=(("vol-list default-pool --details", "with their sizes"),),
    returns="volumes[name path type? capacity_bytes? allocation_bytes?]",
)
def vol_list(pool: StoragePool, details: bool) -> Table:
    with failing("Failed to list volumes"):
        volumes = sorted(pool.list_volumes(), key=lambda volume: volume.name.lower())
    rows: list[list[Any]] = []
    for volume in volumes:
        row: list[Any] = [volume.name, _path(volume)]
        if details:
            info = volume.info()
            row += [_kind(info.type), shown_size(info.capacity), shown_size(info.allocation)]
        rows.append(row)
    columns: list[tuple[str, str | None]] = [("name", "Name"), ("path", "Path")]
    if details:
        columns += [("type", "Type"), ("capacity_bytes", "Capacity"), ("allocation_bytes", "Allocation")]
    return Table("volumes", columns, rows)


def _path(volume: StorageVol) -> str | None:
    try:
        return volume.path()
    except errors.Error:
        return None


@command(
    "vol-dumpxml",
    "print a volume's XML",
    "Print the XML of a volume.",
    (_VOL, _IN_POOL, XPATH, WRAP),
    examples=(("vol-dumpxml web.qcow2 default-pool", "its format, its owner, its backing file"),),
    returns="xml",
)
def vol_dumpxml(session: Session, args: Arguments) -> Document:
    return selected(find_volume(session, args).xml_desc(), args)


@command(
    "vol-name",
    "name of a volume, by key or path",
    "Print the name that a volume has in its pool.",
    options=(argument("vol", VolumeType(None), "key or path of a volume"),),
    examples=(("vol-name /default-pool/web.qcow2", "such as: web.qcow2"),),
    returns="name",
)
def vol_name(session: Session, args: Arguments) -> Text:
    return Text("name", find_volume(session, args, pool=None, by="key path").name)


@command(
    "vol-pool",
    "the pool that a volume is in",
    "Print the name or the UUID of the pool that a volume is in.",
    options=(argument("vol", VolumeType(None), "key or path of a volume"), flag("uuid", "print the pool's UUID")),
    examples=(("vol-pool /default-pool/web.qcow2", "such as: default-pool"),),
    returns="name | uuid",
)
def vol_pool(session: Session, args: Arguments) -> Text:
    pool = find_volume(session, args, pool=None, by="key path").pool
    return Text("uuid", pool.uuid) if "uuid" in args else Text("name", pool.name)


@command(
    "vol-key",
    "key of a volume, by name or path",
    "Print the key of a volume, which names it without its pool.",
    options=(argument("vol", VolumeType(), "name (with its pool) or path of a volume"), _IN_POOL),
    examples=(("vol-key web.qcow2 default-pool", "a name that does not need the pool"),),
    returns="key",
)
def vol_key(session: Session, args: Arguments) -> Text:
    return Text("key", find_volume(session, args).key)


@command(
    "vol-path",
    "path of a volume, by name or key",
    "Print the path at which a volume can be used.",
    options=(argument("vol", VolumeType(), "name (with its pool) or key of a volume"), _IN_POOL),
    examples=(("vol-path web.qcow2 default-pool", "what a domain's XML needs"),),
    returns="path",
)
def vol_path(session: Session, args: Arguments) -> Text:
    return Text("path", find_volume(session, args).path())
