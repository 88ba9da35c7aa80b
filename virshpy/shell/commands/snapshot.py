"""Snapshot: the state of a domain, kept to go back to."""

from __future__ import annotations

from virshpy.enums import (
    SnapshotCreateFlags,
    SnapshotDeleteFlags,
    SnapshotListFlags,
    SnapshotRevertFlags,
    SnapshotXMLFlags,
)
from virshpy.shell.failure import Failure, Spoken, failing
from virshpy.shell.lang.command import Exclusive, Reads, argument, command, flag, option
from virshpy.shell.lang.types import STRING, split_commas
from virshpy.shell.nouns.moments import DOMAIN, Moment, settings, text_of
from virshpy.shell.nouns.objects import MomentName
from virshpy.shell.nouns.options import XPATH, security_info, validate
from virshpy.shell.render.readable import truth
from virshpy.shell.render.results import Document, Field, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.api.snapshot import DomainSnapshot
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.markup import Writer
    from virshpy.shell.render.results import Result
    from virshpy.xml.node import Node

_NEW, _LISTED = SnapshotCreateFlags, SnapshotListFlags
_HOW = (
    flag("no-metadata", "take it without recording it", adds=_NEW.NO_METADATA),
    flag("halt", "leave the domain shut off afterwards", adds=_NEW.HALT),
    flag("disk-only", "only the disks, not the memory", adds=_NEW.DISK_ONLY),
    flag("reuse-external", "use files that exist already", adds=_NEW.REUSE_EXT),
    flag("quiesce", "have the guest agent freeze file systems", adds=_NEW.QUIESCE),
    flag("atomic", "fail as a whole or not at all", adds=_NEW.ATOMIC),
    flag("live", "let the domain run while it is taken", adds=_NEW.LIVE),
    validate(_NEW.VALIDATE),
)


def _check(flags: int) -> None:
    """Refuse flags that cannot be together, or alone. Raises Error."""
    redefine, current, nothing = (
        f"'VIR_DOMAIN_SNAPSHOT_CREATE_{name}'" for name in ("REDEFINE", "CURRENT", "NO_METADATA")
    )
    if flags & _NEW.CURRENT and not flags & _NEW.REDEFINE:
        raise Spoken(f"Flag {redefine} is required by flag {current}")
    if flags & _NEW.REDEFINE and flags & _NEW.NO_METADATA:
        raise Spoken(f"Flags {redefine} and {nothing} are mutually exclusive")


def _memory(write: Writer, spec: str) -> None:
    file = kind = None
    for piece in split_commas(spec):
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
    name, found = settings(spec, "snapshot", "driver", "file", "stype")
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
        write.given("driver", type=found.get("driver"))
        write.given("source", **{"dev" if kind == "block" else "file": found.get("file")})


def _state(snapshot: DomainSnapshot) -> list[Field]:
    from virshpy.xml.parse import parse

    root = parse(snapshot.xml_desc(), source="(domain_snapshot)")
    current, state = truth("current", "Current", snapshot.is_current()), text_of(root, "state")
    if state is None:
        raise Failure("unexpected problem reading snapshot xml", kind="failed")
    return [
        current,
        Field("state", "State", state),
        Field("location", "Location", _location(root, state)),
    ]


def _record(snapshot: DomainSnapshot) -> list[Field]:
    return [truth("has_metadata", "Metadata", snapshot.has_metadata())]


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


snapshot = Moment(
    "snapshot",
    create=_NEW,
    delete=SnapshotDeleteFlags,
    listing=_LISTED,
    xml=SnapshotXMLFlags,
    current=True,
)
snapshot.create(
    "take a snapshot, from a file",
    "Take a snapshot of a domain, as the XML in a file says; without a file,\nof everything.",
    flag("current", "with --redefine: it is the current one", adds=_NEW.CURRENT),
    *_HOW,
    check=_check,
    example=("test", "before something risky"),
)
snapshot.create_as(
    "take a snapshot, from options",
    "Take a snapshot of a domain as the options say.",
    *_HOW,
    option("memspec", STRING, "where memory goes: [file=]NAME[,snapshot=KIND]", named_only=True),
    diskspec="DISK[,snapshot=KIND][,driver=FORMAT][,stype=TYPE][,file=F]",
    disk=_disk,
    memory=_memory,
    example=("test s1 --disk-only --diskspec vda,file=/tmp/overlay.qcow2", "an overlay of one disk"),
)
snapshot.edit(
    flag("current", "the current one; or with a name, make that one current"),
    flag("rename", "allow a new name"),
    flag("clone", "make another one where the name is new"),
    constraints=(Exclusive("rename", "clone"),),
    renamed="Must use --rename or --clone to change {old} to {new}",
    example=("test s1 --rename", "give it a better name"),
)
snapshot.delete(
    "Delete a snapshot, or only its record.",
    metadata="delete its record only, not its data",
    example=("test before-upgrade", "it went well"),
)
snapshot.dumpxml(
    "Print the XML of a snapshot, with the domain's XML of that time.",
    argument("snapshotname", MomentName("snapshot"), "name of a snapshot"),
    XPATH,
    constraints=(Reads("snapshotname"),),
    example=("test s1 --xpath //disks", "where its disks went"),
)
snapshot.parent(example=("test --current", "one step back"))
snapshot.info(
    state=_state,
    record=_record,
    example=("test before-upgrade", "its children, and where it is kept"),
    returns="name domain current state location parent children descendants has_metadata",
)
snapshot.list(
    flag("metadata", "only those that virshpy has a record of", adds=_LISTED.METADATA),
    flag("no-metadata", "only those that virshpy has no record of", adds=_LISTED.NO_METADATA),
    flag("inactive", "only those of the domain when it was shut off", adds=_LISTED.INACTIVE),
    flag("active", "only those of the running domain", adds=_LISTED.ACTIVE),
    flag("disk-only", "only those of disks, without memory", adds=_LISTED.DISK_ONLY),
    flag("internal", "only those inside the disk images", adds=_LISTED.INTERNAL),
    flag("external", "only those in separate files", adds=_LISTED.EXTERNAL),
    state=True,
    holes=("inactive", "active", "disk-only", "internal", "external"),
    example=("test --tree", "what is based on what"),
)


@command(
    "snapshot-current",
    "print the current snapshot, or make one current",
    "Print the XML of the current snapshot or its name; or make a snapshot the\ncurrent one.",
    (
        DOMAIN,
        flag("name", "print its name only"),
        security_info(SnapshotXMLFlags.SECURE),
        option("snapshotname", MomentName("snapshot"), "the snapshot to make the current one"),
    ),
    constraints=(Exclusive("name", "snapshotname"),),
    examples=(("snapshot-current test --name", "the parent of the next snapshot"),),
    returns="xml | name | message name domain",
)
def snapshot_current(domain: Domain, snapshotname: str | None, args: Arguments) -> Result:
    if snapshotname:
        snapshot = domain.snapshot_lookup_by_name(snapshotname)
        # What was read is given back whole, and with it that this is now the current one.
        domain.snapshot_create_xml(snapshot.xml_desc(flags=SnapshotXMLFlags.SECURE), flags=_NEW.REDEFINE | _NEW.CURRENT)
        done = f"Snapshot {snapshotname} set as current"
        return Message(done, end="", name=snapshot.name, domain=domain.name)
    if not domain.has_current_snapshot():
        raise Failure(f"domain '{args.text('domain')}' has no current snapshot", kind="absent")
    snapshot = domain.snapshot_current()
    if "name" in args:
        return Text("name", snapshot.name, end="")
    return Document(snapshot.xml_desc(flags=args.flags))


@command(
    "snapshot-revert",
    "revert a domain to a snapshot",
    "Give a domain the state that it had at a snapshot. Changes since then are\nlost.",
    (
        DOMAIN,
        *snapshot.chosen_by,
        flag("running", "start it, or let it run on", adds=SnapshotRevertFlags.RUNNING),
        flag("paused", "leave it paused", adds=SnapshotRevertFlags.PAUSED),
        flag("force", "revert even where the running QEMU must be replaced", adds=SnapshotRevertFlags.FORCE),
        flag(
            "reset-nvram",
            "start with a fresh NVRAM",
            adds=SnapshotRevertFlags.RESET_NVRAM,
        ),
    ),
    examples=(("snapshot-revert test before-upgrade --running", "it did not go well"),),
    returns="message name domain",
)
def snapshot_revert(args: Arguments) -> Message:
    chosen: DomainSnapshot = snapshot.chosen(args)
    with failing(f"Failed to revert snapshot {chosen.name}"):
        chosen.revert(flags=args.flags)
    return snapshot.done(args, chosen.name, "reverted")
