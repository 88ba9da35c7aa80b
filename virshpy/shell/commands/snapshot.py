"""Snapshot: the state of a domain, kept to go back to."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import (
    SnapshotCreateFlags,
    SnapshotDeleteFlags,
    SnapshotListFlags,
    SnapshotRevertFlags,
    SnapshotXMLFlags,
)
from virshpy.shell.commands.domain.options import DOMAIN_LATE
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, Reads, argument, command, exclusive, flag, option, words
from virshpy.shell.lang.types import STRING, DomainType, File
from virshpy.shell.nouns.families import Spoken, given_flags
from virshpy.shell.nouns.moments import NotInTree, creation_time, family, kept_table, kept_tree
from virshpy.shell.nouns.objects import SnapshotName
from virshpy.shell.nouns.options import WRAP, XPATH, selected
from virshpy.shell.render.readable import yes_no
from virshpy.shell.render.results import Document, Field, Fields, Lines, Message, Text
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.api.snapshot import DomainSnapshot
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.markup import Writer
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node

_DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
_NAME = option("snapshotname", SnapshotName(), "name of a snapshot")
_CURRENT = flag("current", "the current snapshot")
_C = SnapshotCreateFlags
_NO_METADATA = flag("no-metadata", "keep no record of it")
_HALT = flag("halt", "leave the domain shut off afterwards")
_DISK_ONLY = flag("disk-only", "of the disks, not of the memory")
_REUSE = flag("reuse-external", "use files that are there already")
_QUIESCE = flag("quiesce", "have the guest's agent freeze file systems")
_ATOMIC = flag("atomic", "all of it or nothing")
_LIVE = flag("live", "while the domain runs on")
_VALIDATE = flag("validate", "refuse XML that the schema does not know")
_CREATE_FLAGS = {
    "redefine": _C.REDEFINE,
    "no-metadata": _C.NO_METADATA,
    "halt": _C.HALT,
    "disk-only": _C.DISK_ONLY,
    "reuse-external": _C.REUSE_EXT,
    "quiesce": _C.QUIESCE,
    "atomic": _C.ATOMIC,
    "live": _C.LIVE,
    "validate": _C.VALIDATE,
}


def _chosen(args: Arguments, *, exclusive: bool) -> DomainSnapshot:
    """The snapshot that the options mean."""
    domain: Domain = args["domain"]
    name, current = args["snapshotname"], "current" in args
    if exclusive and current and name:
        raise Failure("--snapshotname and --current are mutually exclusive")
    if name:
        return domain.snapshot_lookup_by_name(name)
    if current:
        return domain.snapshot_current()
    raise Failure("--snapshotname or --current is required")


# making
def _create(domain: Domain, xml: str, flags: int, source: str | None) -> Message:
    snapshot = domain.snapshot_create_xml(xml, flags=flags)
    made = f"Domain snapshot {snapshot.name} created" + (f" from '{source}'" if source else "")
    return Message(made, end="", name=snapshot.name, domain=domain.name)


@command(
    "snapshot-create",
    "take a snapshot, from a file",
    "Take a snapshot of a domain, as the XML in a file says; without a file,\nof everything.",
    (
        _DOMAIN,
        option("xmlfile", File(), "file with the snapshot's XML"),
        flag("redefine", "tell virshpy of a snapshot that exists already"),
        flag("current", "with --redefine: it is the current one"),
        _NO_METADATA,
        _HALT,
        _DISK_ONLY,
        _REUSE,
        _QUIESCE,
        _ATOMIC,
        _LIVE,
        _VALIDATE,
    ),
    examples=(("snapshot-create test", "before something risky"),),
    returns="message name domain",
)
def snapshot_create(session: Session, args: Arguments) -> Message:
    flags = given_flags(args, {**_CREATE_FLAGS, "current": _C.CURRENT})
    _check(flags)
    source = args.text("xmlfile") if "xmlfile" in args else None
    return _create(args["domain"], "<domainsnapshot/>" if args["xmlfile"] is None else args["xmlfile"], flags, source)


def _check(flags: int) -> None:
    """Refuse flags that cannot be together, or alone. Raises Error."""
    redefine, current, nothing = (
        f"'VIR_DOMAIN_SNAPSHOT_CREATE_{name}'" for name in ("REDEFINE", "CURRENT", "NO_METADATA")
    )
    if flags & _C.CURRENT and not flags & _C.REDEFINE:
        raise Spoken(f"Flag {redefine} is required by flag {current}")
    if flags & _C.REDEFINE and flags & _C.NO_METADATA:
        raise Spoken(f"Flags {redefine} and {nothing} are mutually exclusive")


@command(
    "snapshot-create-as",
    "take a snapshot, from options",
    "Take a snapshot of a domain as the options say.",
    (
        _DOMAIN,
        option("name", STRING, "name of the snapshot"),
        option("description", STRING, "a note about it"),
        flag("print-xml", "print the XML, and do nothing"),
        _NO_METADATA,
        _HALT,
        _DISK_ONLY,
        _REUSE,
        _QUIESCE,
        _ATOMIC,
        _LIVE,
        _VALIDATE,
        option("memspec", STRING, "where memory goes: [file=]NAME[,snapshot=KIND]", named_only=True),
        words(
            "diskspec",
            STRING.offering("DISK"),
            "what becomes of a disk: DISK[,snapshot=KIND][,driver=FORMAT][,stype=TYPE][,file=F]",
        ),
    ),
    examples=(
        ("snapshot-create-as test before-upgrade", "by name"),
        ("snapshot-create-as test s1 --disk-only --diskspec vda,file=/tmp/overlay.qcow2", "an overlay of one disk"),
    ),
    returns="message name domain | xml",
)
def snapshot_create_as(session: Session, args: Arguments) -> Result:
    from virshpy.shell.markup import Writer

    write = Writer()
    with write.element("domainsnapshot"):
        if args["name"]:
            write.text("name", args["name"])
        if args["description"]:
            write.text("description", args["description"])
        if args["memspec"]:
            _memory(write, args["memspec"])
        if args["diskspec"]:
            with write.element("disks"):
                for spec in args["diskspec"]:
                    _disk(write, spec)
    xml = write.result()
    flags = given_flags(args, _CREATE_FLAGS)
    if "print-xml" in args:
        return Document(xml, end="\n")
    return _create(args["domain"], xml, flags, None)


def _memory(write: Writer, spec: str) -> None:
    file = kind = None
    for piece in _pieces(spec):
        key, _, value = piece.partition("=")
        if kind is None and key == "snapshot" and value:
            kind = value
        elif file is None and key == "file" and value:
            file = value
        elif file is None and piece.startswith("/"):
            file = piece
        else:
            raise Failure(f"unable to parse memspec: {spec}")
    write.empty("memory", snapshot=kind, file=file)


def _disk(write: Writer, spec: str) -> None:
    name, *rest = _pieces(spec)
    found: dict[str, str] = {}
    for piece in rest:
        key, equals, value = piece.partition("=")
        if key not in ("snapshot", "driver", "file", "stype") or not equals or key in found:
            raise Failure(f"unable to parse diskspec: {spec}")
        found[key] = value
    kind = found.get("stype", "file")
    if kind not in ("file", "block", "dir", "network", "volume", "nvme", "vhostuser", "vhostvdpa"):
        raise Failure(f"Unknown storage type: '{kind}'", also=f"unable to parse diskspec: {spec}")
    if kind not in ("file", "block"):
        raise Failure(f"unable to parse diskspec: {spec}")
    given = {"name": name, "snapshot": found.get("snapshot"), "type": found.get("stype")}
    if "driver" not in found and "file" not in found:
        write.empty("disk", **given)
        return
    with write.element("disk", **given):
        if "driver" in found:
            write.empty("driver", type=found["driver"])
        if "file" in found:
            write.empty("source", **{"dev" if kind == "block" else "file": found["file"]})


def _pieces(spec: str) -> list[str]:
    """Pieces between commas; two commas stand for one."""
    return [piece.replace("\0", ",") for piece in spec.replace(",,", "\0").split(",")]


# changing
@command(
    "snapshot-current",
    "the current snapshot; or make one current",
    "Print the XML of the snapshot that the domain is based on now, or say\nwhich one that is.",
    (
        _DOMAIN,
        flag("name", "print its name only"),
        flag("security-info", "with passwords"),
        option("snapshotname", SnapshotName(), "the snapshot to make the current one"),
    ),
    constraints=(Exclusive("name", "snapshotname"),),
    examples=(("snapshot-current test --name", "which one a revert would be undone to"),),
    returns="xml | name | message name domain",
)
def snapshot_current(session: Session, args: Arguments) -> Result:
    domain: Domain = args["domain"]
    secure = given_flags(args, {"security-info": SnapshotXMLFlags.SECURE})
    if args["snapshotname"]:
        snapshot = domain.snapshot_lookup_by_name(args["snapshotname"])
        # What was read is given back whole, and with it that this is now the current one.
        domain.snapshot_create_xml(snapshot.xml_desc(flags=SnapshotXMLFlags.SECURE), flags=_C.REDEFINE | _C.CURRENT)
        done = f"Snapshot {args['snapshotname']} set as current"
        return Message(done, end="", name=snapshot.name, domain=domain.name)
    if not domain.has_current_snapshot():
        raise Failure(f"domain '{args.text('domain')}' has no current snapshot")
    snapshot = domain.snapshot_current()
    if "name" in args:
        return Text("name", snapshot.name, end="")
    return Document(snapshot.xml_desc(flags=secure))


@command(
    "snapshot-edit",
    "change what is recorded of a snapshot in an editor",
    "Open the XML of a snapshot in $VISUAL or $EDITOR, and record the result.",
    (
        _DOMAIN,
        option("snapshotname", SnapshotName(), "name of a snapshot"),
        flag("current", "the current one; or with a name, make that one current"),
        flag("rename", "let its name be changed"),
        flag("clone", "let a changed name make another one"),
    ),
    constraints=(Exclusive("rename", "clone"),),
    examples=(("snapshot-edit test s1 --rename", "give it a better name"),),
    returns="message name domain changed",
)
def snapshot_edit(session: Session, args: Arguments) -> Message:
    from virshpy.shell.editor import edit_document

    domain: Domain = args["domain"]
    snapshot = _chosen(args, exclusive=False)
    flags = _C.REDEFINE | (_C.CURRENT if "current" in args and args["snapshotname"] else 0)

    def define(text: str) -> DomainSnapshot:
        edited = domain.snapshot_create_xml(text, flags=flags)
        if edited.name != snapshot.name and "rename" not in args and "clone" not in args:
            edited.delete(flags=SnapshotDeleteFlags.METADATA_ONLY)
            raise Failure(f"Must use --rename or --clone to change {snapshot.name} to {edited.name}")
        return edited

    edited = edit_document(lambda: snapshot.xml_desc(flags=SnapshotXMLFlags.SECURE), define)
    about = {"name": snapshot.name, "domain": domain.name}
    if edited is None:
        return Message(f"Snapshot {snapshot.name} XML configuration not changed.", **about, changed=False)
    if edited.name == snapshot.name:
        return Message(f"Snapshot {snapshot.name} edited.", **about, changed=True)
    if "rename" in args:
        with failing(f"Failed to clean up {snapshot.name}"):
            snapshot.delete(flags=SnapshotDeleteFlags.METADATA_ONLY)
    return Message(f"Snapshot {snapshot.name} cloned to {edited.name}.", **about, changed=True)


@command(
    "snapshot-revert",
    "put a domain back to a snapshot",
    "Give a domain the state that it had at a snapshot. What has happened since\nis lost.",
    (
        _DOMAIN,
        _NAME,
        flag("current", "to the current snapshot"),
        flag("running", "and let it run"),
        flag("paused", "and leave it paused"),
        flag("force", "even where that takes a new QEMU, or more"),
        flag("reset-nvram", "and begin with a fresh copy of the firmware's variables"),
    ),
    examples=(("snapshot-revert test before-upgrade --running", "it did not go well"),),
    returns="message name domain",
)
def snapshot_revert(session: Session, args: Arguments) -> Message:
    flags = SnapshotRevertFlags
    wanted = given_flags(args, {"running": flags.RUNNING, "paused": flags.PAUSED, "reset-nvram": flags.RESET_NVRAM})
    snapshot = _chosen(args, exclusive=True)
    with failing(f"Failed to revert snapshot {snapshot.name}"):
        snapshot.revert(flags=wanted | (flags.FORCE if "force" in args else 0))
    return Message(f"Domain snapshot {snapshot.name} reverted", name=snapshot.name, domain=args["domain"].name)


@command(
    "snapshot-delete",
    "delete a snapshot",
    "Delete a snapshot, or what is recorded of it.",
    (
        _DOMAIN,
        _NAME,
        flag("current", "the current snapshot"),
        flag("children", "and those that are based on it"),
        flag("children-only", "only those that are based on it"),
        flag("metadata", "forget it, and keep its data"),
    ),
    examples=(("snapshot-delete test before-upgrade", "it went well"),),
    returns="message name domain",
)
def snapshot_delete(session: Session, args: Arguments) -> Message:
    snapshot = _chosen(args, exclusive=True)
    flags = SnapshotDeleteFlags
    wanted = given_flags(
        args, {"children": flags.CHILDREN, "children-only": flags.CHILDREN_ONLY, "metadata": flags.METADATA_ONLY}
    )
    with failing(f"Failed to delete snapshot {snapshot.name}"):
        snapshot.delete(flags=wanted)
    what = "children deleted" if "children-only" in args else "deleted"
    return Message(f"Domain snapshot {snapshot.name} {what}", name=snapshot.name, domain=args["domain"].name)


# asking
@command(
    "snapshot-dumpxml",
    "print a snapshot's XML",
    "Print the XML of a snapshot: the domain as it was, and what was kept.",
    (
        _DOMAIN,
        argument("snapshotname", SnapshotName(), "name of a snapshot"),
        flag("security-info", "with passwords"),
        XPATH,
        WRAP,
    ),
    constraints=(Reads("snapshotname"),),
    examples=(("snapshot-dumpxml test s1 --xpath //disks", "where its disks went"),),
    returns="xml",
)
def snapshot_dumpxml(session: Session, args: Arguments) -> Document:
    snapshot = args["domain"].snapshot_lookup_by_name(args["snapshotname"])
    return selected(snapshot.xml_desc(flags=given_flags(args, {"security-info": SnapshotXMLFlags.SECURE})), args)


def _parent(snapshot: DomainSnapshot) -> str | None:
    try:
        return snapshot.parent().name
    except errors.NoDomainSnapshot:
        return None


@command(
    "snapshot-parent",
    "the snapshot that another is based on",
    "Print the name of the snapshot that one is based on.",
    (_DOMAIN, option("snapshotname", SnapshotName(), "name of a snapshot"), flag("current", "the current snapshot")),
    examples=(("snapshot-parent test --current", "one step back"),),
    returns="parent",
)
def snapshot_parent(session: Session, args: Arguments) -> Text:
    snapshot = _chosen(args, exclusive=True)
    parent = _parent(snapshot)
    if parent is None:
        raise Failure(f"snapshot '{snapshot.name}' has no parent")
    return Text("parent", parent, end="")


@command(
    "snapshot-info",
    "what a snapshot is",
    "Print the basic facts about a snapshot.",
    (_DOMAIN, option("snapshotname", SnapshotName(), "name of a snapshot"), flag("current", "the current snapshot")),
    examples=(("snapshot-info test before-upgrade", "what is based on it, and where it is kept"),),
    returns="name domain current state location parent children descendants has_metadata",
)
def snapshot_info(session: Session, args: Arguments) -> Fields:
    snapshot = _chosen(args, exclusive=True)
    root = parse(snapshot.xml_desc(), source="(domain_snapshot)")
    current, parent = snapshot.is_current(), _parent(snapshot)
    state = _text(root, "state")
    if state is None:
        raise Failure("unexpected problem reading snapshot xml")
    children = len(snapshot.list_children())
    descendants = len(snapshot.list_children(flags=SnapshotListFlags.DESCENDANTS))
    metadata = snapshot.has_metadata()
    return Fields(
        [
            Field("name", "Name", snapshot.name),
            Field("domain", "Domain", args["domain"].name),
            Field("current", "Current", current, yes_no(current)),
            Field("state", "State", state),
            Field("location", "Location", _location(root, state)),
            Field("parent", "Parent", parent, parent or "-"),
            Field("children", "Children", children),
            Field("descendants", "Descendants", descendants),
            Field("has_metadata", "Metadata", metadata, yes_no(metadata)),
        ],
        16,
    )


def _text(root: Node, tag: str) -> str | None:
    child = root.find(tag)
    return None if child is None else child.text


def _location(root: Node, state: str) -> str:
    """Where a snapshot keeps what it keeps, read off its document."""
    if state == "disk-snapshot":
        return "external"
    memory = root.find("memory")
    if memory is not None:
        kind = memory.attrs.get("snapshot", "")
        if kind != "no":
            return kind
    disks = root.find("disks")
    if any(disk.attrs.get("snapshot") == "external" for disk in disks.children if disk.tag == "disk") if disks else ():
        return "external"
    return "internal"


_L = SnapshotListFlags
_FILTERS = {
    "roots": _L.ROOTS,
    "leaves": _L.LEAVES,
    "no-leaves": _L.NO_LEAVES,
    "metadata": _L.METADATA,
    "no-metadata": _L.NO_METADATA,
    "inactive": _L.INACTIVE,
    "active": _L.ACTIVE,
    "disk-only": _L.DISK_ONLY,
    "internal": _L.INTERNAL,
    "external": _L.EXTERNAL,
    "topological": _L.TOPOLOGICAL,
}


@command(
    "snapshot-list",
    "list a domain's snapshots",
    "List the snapshots of a domain, or those that the options select.",
    (
        DOMAIN_LATE,
        flag("parent", "show what each is based on"),
        flag("roots", "only those that are based on no other"),
        flag("leaves", "only those that no other is based on"),
        flag("no-leaves", "only those that others are based on"),
        flag("metadata", "only those that virshpy has a record of"),
        flag("no-metadata", "only those that virshpy has no record of"),
        flag("inactive", "of the domain while it was shut off"),
        flag("active", "of the domain while it was running"),
        flag("disk-only", "of disks without memory"),
        flag("internal", "kept within the disks' files"),
        flag("external", "kept in files of their own"),
        flag("tree", "show how they are based on each other"),
        option("from", SnapshotName(), "only those based on this one", late=True),
        flag("current", "only those based on the current one"),
        flag("descendants", "with --from or --current: directly or not"),
        flag("name", "print names instead of a table"),
        flag("topological", "none before the one that it is based on"),
    ),
    constraints=(
        *exclusive("tree", "name"),
        Exclusive("parent", "roots"),
        Exclusive("parent", "tree"),
        Exclusive("roots", "tree"),
        Exclusive("roots", "from"),
        Exclusive("roots", "current"),
        NotInTree("leaves", "no-leaves", "inactive", "active", "disk-only", "internal", "external"),
    ),
    examples=(("snapshot-list test --tree", "what is based on what"),),
    returns="snapshots[name creation_time state parent?] | snapshots[name parent] | snapshots<name>",
)
def snapshot_list(session: Session, args: Arguments) -> Result:
    start = "from" in args or "current" in args
    if "descendants" in args and not start:
        raise Failure("--descendants requires either --from or --current")
    domain: Domain = args["domain"]
    if args["from"] and "current" in args:
        raise Failure("--from and --current are mutually exclusive")
    origin = None
    if start:
        origin = domain.snapshot_lookup_by_name(args["from"]) if args["from"] else domain.snapshot_current()
    flags = given_flags(args, _FILTERS)
    found = family(domain.list_snapshots, origin, flags, _L.DESCENDANTS, args)
    if "topological" not in args:
        found.sort(key=lambda snapshot: snapshot.name.lower())
    if "tree" in args:
        return kept_tree("snapshots", [*([origin] if origin else []), *found], _parent)
    if "name" in args:
        return Lines("snapshots", ["name"], [(snapshot.name,) for snapshot in found])
    rows = []
    for snapshot in found:
        root = parse(snapshot.xml_desc(), source="(domain_snapshot)")
        rows.append([snapshot.name, creation_time(root), _text(root, "state"), _text_of_parent(root)])
    return kept_table("snapshots", rows, with_state=True, with_parent="parent" in args)


def _text_of_parent(root: Node) -> str:
    parent = root.find("parent")
    return (_text(parent, "name") or "") if parent is not None else ""
