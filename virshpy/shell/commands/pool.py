"""Storage Pool: where volumes are kept."""

from __future__ import annotations

from virshpy.enums import (
    ListStoragePoolsFlags,
    StoragePoolBuildFlags,
    StoragePoolCreateFlags,
    StoragePoolDefineFlags,
    StoragePoolState,
    StorageXMLFlags,
)
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, Reads, argument, command, exclusive, flag, option
from virshpy.shell.lang.types import STRING, Choice, File, Flags
from virshpy.shell.nouns.lists import FORMS, autostart, autostart_field, columns, everything, lasting, table, which
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import PoolType
from virshpy.shell.nouns.options import PRINT_XML, call, inactive, validate
from virshpy.shell.render.readable import scaled, shown_bool, shown_size, truth
from virshpy.shell.render.results import Document, Field, Fields, Lines, Message, Table, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from virshpy.api.storage import StoragePool
    from virshpy.shell.lang.command import Arguments, Constraint, Option
    from virshpy.shell.markup import Writer
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_KEEP = flag("no-overwrite", "build only where no data is overwritten", adds=StoragePoolBuildFlags.NO_OVERWRITE)
_OVERWRITE = flag("overwrite", "build, and overwrite existing data", adds=StoragePoolBuildFlags.OVERWRITE)
_BUILDING = (
    flag("build", "build it first", adds=StoragePoolCreateFlags.WITH_BUILD),
    flag("no-overwrite", _KEEP.help, adds=StoragePoolCreateFlags.WITH_BUILD_NO_OVERWRITE),
    flag("overwrite", _OVERWRITE.help, adds=StoragePoolCreateFlags.WITH_BUILD_OVERWRITE),
)
_BUILD_CLASH = (Exclusive("overwrite", "no-overwrite"),)


def _with_the_host(session: Session) -> list[str]:
    """The pools that are to start with the host and are not active."""
    wanted = ListStoragePoolsFlags.AUTOSTART | ListStoragePoolsFlags.INACTIVE
    return sorted(pool.name for pool in session.connection.list_storage_pools(flags=wanted))


pool = Noun("pool", "pool", PoolType, "pool {name}", example="default-pool")
pool.from_file(
    "define",
    validate(StoragePoolDefineFlags.VALIDATE),
    example="images.xml",
    why="then: pool-build images; pool-start images",
)
pool.from_file(
    "create", *_BUILDING, constraints=_BUILD_CLASH, example="images.xml --build", why="make its directory first"
)
pool.verb("build", "built", "make the directory, file system or volume group of a pool", _KEEP, _OVERWRITE)
pool.verb(
    "start", "started", "start a defined pool", *_BUILDING,
    flag("autostart", "every pool that is to start with the host, in the order of their names"),
    method="create", on="inactive", constraints=_BUILD_CLASH, instead={"autostart": _with_the_host},
)  # fmt: skip
pool.verb("destroy", "destroyed", "stop a pool; its definition and its data stay", on="active")
pool.verb("delete", "deleted", "delete the storage of an inactive pool, with its data", on="inactive")
pool.verb("refresh", "refreshed", "find volumes that others have made or removed", on="active")
pool.verb("undefine", "has been undefined", "remove the definition of a pool; its data stay", on="inactive")
pool.autostart()
pool.dumpxml(inactive(StorageXMLFlags.INACTIVE))
pool.edit(StorageXMLFlags.INACTIVE, 0)
pool.tells("name", "uuid", "dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566", returns="name uuid")
pool.tells("uuid", "name", returns="name uuid")


_STATES = ("inactive", "building", "running", "degraded", "inaccessible")
_WITH_SIZES = (StoragePoolState.RUNNING, StoragePoolState.DEGRADED)


def _state(number: int) -> str:
    return _STATES[number] if 0 <= number < len(_STATES) else "unknown"


@command(
    "pool-info",
    "facts about a pool",
    "Print the basic facts about a pool.",
    (pool.argument(), flag("bytes", "sizes in bytes")),
    examples=(("pool-info default-pool --bytes", "sizes as numbers for a script"),),
    returns="name uuid state persistent autostart capacity_bytes allocation_bytes available_bytes",
)
def pool_info(pool: StoragePool, args: Arguments) -> Fields:
    info = pool.info()
    fields = [
        Field("name", "Name", pool.name),
        Field("uuid", "UUID", pool.uuid),
        Field("state", "State", _state(info.state)),
        truth("persistent", "Persistent", pool.is_persistent()),
        autostart_field(pool),
    ]
    for name in ("capacity", "allocation", "available"):
        if info.state not in _WITH_SIZES:
            fields.append(Field(f"{name}_bytes", None, None))
            continue
        value = getattr(info, name)
        shown = str(value) if "bytes" in args else scaled(value)
        fields.append(Field(f"{name}_bytes", name.capitalize(), value, shown))
    return Fields(fields, 16)


_L = ListStoragePoolsFlags
# Types that --type knows, each with its filter.
_NAMES = "dir fs netfs logical disk iscsi scsi mpath rbd sheepdog gluster zfs vstorage iscsi-direct"
_TYPES = {name: ListStoragePoolsFlags[name.upper().replace("-", "_")] for name in _NAMES.split()}
_PERSISTENT, _TRANSIENT, *_AUTOSTART = lasting("pools", _L)
_KIND = Choice(*_TYPES)  # of which the driver has the last word


@command(
    "pool-list",
    "list pools",
    "List active pools, or those that the options select.",
    (
        *which("pools", _L),
        _TRANSIENT,
        _PERSISTENT,
        *_AUTOSTART,
        option("type", Flags(_TYPES, "Invalid pool type '%s'"), "only pools of these types, separated by commas"),
        flag("details", "show sizes and more"),
        *FORMS[:2],
    ),
    constraints=(Exclusive("all", "inactive"), *exclusive("details", "uuid", "name")),
    examples=(("pool-list --all --details", "every pool, with its sizes"),),
    returns=(
        "pools[name state autostart uuid persistent? capacity_bytes? allocation_bytes? available_bytes?] | "
        "pools[uuid name] | pools[name] | pools[uuid]"
    ),
)
def pool_list(session: Session, args: Arguments) -> Result:
    counted = "Failed to get the number of active pools "
    pools = everything(pool, session, args, _L.ACTIVE, counted=counted, failed="Failed to list pools")
    if "name" in args or "uuid" in args:
        plain = [key for key in ("uuid", "name") if key in args]
        rows = [[getattr(pool, key) for key in plain] for pool in pools]
        return _padded(rows, plain)
    if "details" in args:
        return _details(pools)
    return table("pools", columns("name", "state", "autostart", "uuid"), pools)


def _padded(rows: list[list[str]], keys: list[str]) -> Result:
    """virsh pads names, not UUIDs, in the list without a table."""
    if "name" not in keys:
        return Lines("pools", keys, rows)
    text = "".join(" ".join([*row[:-1], f"{row[-1]:<20}"]) + "\n" for row in rows)
    return Text("pools", text, [dict(zip(keys, row, strict=True)) for row in rows], end="")


def _details(pools: list[StoragePool]) -> Table:
    rows: list[list[Any]] = []
    for pool in pools:
        info = pool.info()
        row: list[Any] = [pool.name, _state(info.state), autostart(pool), shown_bool(pool.is_persistent())]
        for name in ("capacity", "allocation", "available"):
            row.append(shown_size(getattr(info, name)) if info.state in _WITH_SIZES else None)
        rows.append([*row, pool.uuid])
    titles = ("Name", "State", "Autostart", "Persistent", "Capacity", "Allocation", "Available")
    sizes = ("Capacity", "Allocation", "Available")
    columns: list[tuple[str, str | None]] = [
        (title.lower() + ("_bytes" if title in sizes else ""), title) for title in titles
    ]
    return Table("pools", [*columns, ("uuid", None)], rows)


# pools from a line of options
_AS = (
    ("source-host", "host that the storage is on"),
    ("source-path", "path of the storage"),
    ("source-dev", "device that the storage is on"),
    ("source-name", "name of the storage, such as a volume group"),
    ("target", "path under which its volumes appear"),
    ("source-format", "format of the storage"),
    ("auth-type", "type of the authentication"),
    ("auth-username", "user name for the authentication"),
    ("secret-usage", "usage of the secret for the authentication"),
    ("secret-uuid", "UUID of the secret for the authentication"),
    ("adapter-name", "name of a SCSI adapter"),
    ("adapter-wwnn", "WWNN of a fibre channel adapter"),
    ("adapter-wwpn", "WWPN of a fibre channel adapter"),
    ("adapter-parent", "the scsi_hostN that a vHBA is on"),
    ("adapter-parent-wwnn", "WWNN of the scsi_hostN that a vHBA is on"),
    ("adapter-parent-wwpn", "WWPN of the scsi_hostN that a vHBA is on"),
    ("adapter-parent-fabric-wwn", "fabric of the scsi_hostN that a vHBA is on"),
    ("source-protocol-ver", "version of the NFS protocol"),
    ("source-initiator", "name of the iSCSI initiator"),
)
# Where what is known of them comes from.
_SOURCES = {
    "source-path": "PATHS", "source-dev": "PATHS", "target": "PATHS", "source-format": "POOL_FORMATS",
    "auth-type": "AUTH_TYPES", "secret-usage": "SECRET_USAGES", "secret-uuid": "SECRETS",
    "adapter-name": "SCSI_HOSTS", "adapter-parent": "SCSI_HOSTS", "source-protocol-ver": "NFS_VERSIONS",
}  # fmt: skip
_AS_OPTIONS = (
    argument("name", STRING, "name of the pool"),
    argument("type", _KIND, "type of the pool"),
    PRINT_XML,
    *(option(name, STRING.offering(_SOURCES[name]) if name in _SOURCES else STRING, what) for name, what in _AS),
)


_SECRET_CLASH = (
    Exclusive("secret-usage", "secret-uuid"),
    Reads("name", "type", "source-host", "source-path", "source-dev", "source-name", "source-format"),
)


def _pool_xml(args: Arguments) -> str:
    """The document that the options describe, as virsh writes it."""
    from virshpy.shell.markup import Writer

    write = Writer()
    get = args.__getitem__
    with write.element("pool", type=args["type"]):
        write.text("name", args["name"])
        source_given = any(
            get(name)
            for name in ("source-host", "source-path", "source-dev", "source-name", "source-format", "adapter-name",
                         "source-initiator")
        )  # fmt: skip
        with_adapter = get("adapter-wwnn") and get("adapter-wwpn")
        if source_given or with_adapter:
            with write.element("source"):
                _source(write, args)
        if get("target"):
            with write.element("target"):
                write.text("path", get("target"))
    return write.result()


def _source(write: Writer, args: Arguments) -> None:
    get = args.__getitem__
    write.given("host", name=get("source-host"))
    write.given("dir", path=get("source-path"))
    write.given("device", path=get("source-dev"))
    if get("source-initiator"):
        with write.element("initiator"):
            write.empty("iqn", name=get("source-initiator"))
    if get("adapter-wwnn") and get("adapter-wwpn"):
        if get("adapter-parent"):
            parents = {"parent": get("adapter-parent")}
        elif get("adapter-parent-wwnn") and get("adapter-parent-wwpn"):
            parents = {"parent_wwnn": get("adapter-parent-wwnn"), "parent_wwpn": get("adapter-parent-wwpn")}
        else:
            parents = {"parent_fabric_wwn": get("adapter-parent-fabric-wwn")}
        write.empty("adapter", type="fc_host", **parents, wwnn=get("adapter-wwnn"), wwpn=get("adapter-wwpn"))
    elif get("adapter-name"):
        write.empty("adapter", type="scsi_host", name=get("adapter-name"))
    if get("auth-type") and get("auth-username") and (get("secret-usage") or get("secret-uuid")):
        with write.element("auth", type=get("auth-type"), username=get("auth-username")):
            which = "usage" if get("secret-usage") else "uuid"
            write.empty("secret", **{which: get(f"secret-{which}")})
    write.given("format", type=get("source-format"))
    write.text("name", get("source-name"))
    write.given("protocol", ver=get("source-protocol-ver"))


def _declare_as(
    verb: str,
    summary: str,
    description: str,
    why: tuple[str, str],
    *more: Option,
    clashes: Sequence[Constraint] = (),
) -> None:
    """``pool-define-as NAME TYPE``: from what the options say."""
    example, reason = why

    @command(
        f"pool-{verb}-as",
        summary,
        description,
        (*_AS_OPTIONS, *more),
        constraints=(*clashes, *_SECRET_CLASH),
        examples=((f"pool-{verb}-as images dir --target /var/lib/images{example}", reason),),
        returns="message name uuid | xml",
    )
    def from_options(session: Session, args: Arguments) -> Result:
        xml = _pool_xml(args)
        if "print-xml" in args:
            return Document(xml)
        with failing(f"Failed to {verb} pool {args['name']}"):
            made = call(pool.method(session, f"{verb}_xml"), xml, flags=args.flags)
        return Message(f"Pool {made.name} {verb}d", **pool.told(made))


_declare_as(
    "define",
    "define a pool from options, without starting it",
    "Make a persistent pool from what the options say.",
    ("", "a directory of image files"),
)
_declare_as(
    "create",
    "start a pool from options, without defining it",
    "Start a pool from what the options say; it is forgotten when it stops.",
    (" --build", "make the directory first"),
    *_BUILDING,
    clashes=_BUILD_CLASH,
)


# looking for storage
@command(
    "find-storage-pool-sources",
    "find storage for pools of a type",
    "Print as XML the storage that a pool of this type could use.",
    (
        argument("type", _KIND, "type of pool"),
        option("srcSpec", File(), "file with the XML of the place to search"),
    ),
    examples=(("find-storage-pool-sources logical", "volume groups"),),
    returns="xml",
)
def find_storage_pool_sources(session: Session, type: str, srcSpec: str | None) -> Document:
    return _sources(session, type, srcSpec)


@command(
    "find-storage-pool-sources-as",
    "find storage on a host for pools of a type",
    "Print as XML the storage that a pool of this type could use, on the host\nthat the options name.",
    (
        argument("type", _KIND, "type of pool"),
        option("host", STRING, "host to ask"),
        option("port", STRING, "its port", late=True),
        option("initiator", STRING, "name of the iSCSI initiator"),
    ),
    examples=(("find-storage-pool-sources-as netfs nas.example", "what a file server exports"),),
    returns="xml",
)
def find_storage_pool_sources_as(session: Session, args: Arguments) -> Document:
    from virshpy.shell.markup import Writer

    spec = None
    if args["host"]:
        try:
            port = args["port"]
        except Failure as failure:
            failure.also = "missing argument"
            raise
        write = Writer()
        with write.element("source"):
            write.empty("host", name=args["host"], port=port)
            if args["initiator"]:
                with write.element("initiator"):
                    write.empty("iqn", name=args["initiator"])
        spec = write.result()
    return _sources(session, args["type"], spec)


def _sources(session: Session, kind: str, spec: str | None) -> Document:
    with failing(f"Failed to find any {kind} pool sources"):
        return Document(session.connection.find_storage_pool_sources(kind, spec), end="")


@command(
    "pool-capabilities",
    "print the supported types of pools",
    "Print as XML which types of pools and formats are supported.",
    examples=(("pool-capabilities", "before you plan a pool"),),
    returns="xml",
)
def pool_capabilities(session: Session) -> Document:
    with failing("failed to get storage pool capabilities"):
        return Document(session.connection.storage_pool_capabilities(), end="\n")


pool.events(("lifecycle", "refresh"), ("Defined", "Undefined", "Started", "Stopped", "Created", "Deleted"))
