"""Checkpoint: points in time that incremental backups count from."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import CheckpointCreateFlags, CheckpointDeleteFlags, CheckpointListFlags, CheckpointXMLFlags
from virshpy.shell.commands.domain.options import DOMAIN_LATE
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Exclusive, Requires, argument, command, exclusive, flag, option, words
from virshpy.shell.lang.types import STRING, DomainType, File
from virshpy.shell.nouns.families import Spoken, given_flags
from virshpy.shell.nouns.moments import NotInTree, creation_time, family, kept_table, kept_tree
from virshpy.shell.nouns.objects import CheckpointName
from virshpy.shell.nouns.options import WRAP, XPATH_FIRST, selected
from virshpy.shell.render.results import Document, Field, Fields, Lines, Message, Text
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.checkpoint import DomainCheckpoint
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.markup import Writer
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_DOMAIN = argument("domain", DomainType(), "name, id or UUID of a domain")
_NAME = option("checkpointname", CheckpointName(), "name of a checkpoint")
_QUIESCE = flag("quiesce", "have the guest's agent freeze file systems")
_C = CheckpointCreateFlags


def _chosen(args: Arguments) -> DomainCheckpoint:
    if not args["checkpointname"]:
        raise Failure("--checkpointname is required")
    found: DomainCheckpoint = args["domain"].checkpoint_lookup_by_name(args["checkpointname"])
    return found


def _create(domain: Domain, xml: str, flags: int, source: str | None) -> Message:
    checkpoint = domain.checkpoint_create_xml(xml, flags=flags)
    made = f"Domain checkpoint {checkpoint.name} created" + (f" from '{source}'" if source else "")
    return Message(made, end="", name=checkpoint.name, domain=domain.name)


@command(
    "checkpoint-create",
    "make a checkpoint, from a file",
    "Make a checkpoint of a domain's disks, as the XML in a file says; without\na file, of all disks.",
    (
        _DOMAIN,
        option("xmlfile", File(), "file with the checkpoint's XML"),
        flag("redefine", "tell virshpy of a checkpoint that exists already"),
        flag("redefine-validate", "with --redefine: see whether the disks agree"),
        _QUIESCE,
    ),
    constraints=(Requires("redefine-validate", "redefine"),),
    examples=(("checkpoint-create test", "from here on changes are counted"),),
    returns="message name domain",
)
def checkpoint_create(session: Session, args: Arguments) -> Message:
    flags = given_flags(
        args, {"redefine": _C.REDEFINE, "redefine-validate": _C.REDEFINE_VALIDATE, "quiesce": _C.QUIESCE}
    )
    if flags & _C.REDEFINE and flags & _C.QUIESCE:
        first, second = (f"VIR_DOMAIN_CHECKPOINT_CREATE_{name}" for name in ("REDEFINE", "QUIESCE"))
        raise Spoken(f"Flags '{first}' and '{second}' are mutually exclusive")
    source = args.text("xmlfile") if "xmlfile" in args else None
    return _create(args["domain"], "<domaincheckpoint/>" if args["xmlfile"] is None else args["xmlfile"], flags, source)


@command(
    "checkpoint-create-as",
    "make a checkpoint, from options",
    "Make a checkpoint of a domain's disks as the options say.",
    (
        _DOMAIN,
        option("name", STRING, "name of the checkpoint"),
        option("description", STRING, "a note about it"),
        flag("print-xml", "print the XML, and do nothing"),
        _QUIESCE,
        words("diskspec", STRING.offering("DISK"), "what becomes of a disk: DISK[,checkpoint=KIND][,bitmap=NAME]"),
    ),
    examples=(("checkpoint-create-as test monday", "by name"),),
    returns="message name domain | xml",
)
def checkpoint_create_as(session: Session, args: Arguments) -> Result:
    from virshpy.shell.markup import Writer

    write = Writer()
    with write.element("domaincheckpoint"):
        if args["name"]:
            write.text("name", args["name"])
        if args["description"]:
            write.text("description", args["description"])
        if args["diskspec"]:
            with write.element("disks"):
                for spec in args["diskspec"]:
                    _disk(write, spec)
    xml = write.result()
    if "print-xml" in args:
        return Document(xml, end="\n")
    return _create(args["domain"], xml, given_flags(args, {"quiesce": _C.QUIESCE}), None)


def _disk(write: Writer, spec: str) -> None:
    name, *rest = [piece.replace("\0", ",") for piece in spec.replace(",,", "\0").split(",")]
    found: dict[str, str] = {}
    for piece in rest:
        key, equals, value = piece.partition("=")
        if key not in ("checkpoint", "bitmap") or not equals or key in found:
            raise Failure(f"unable to parse diskspec: {spec}")
        found[key] = value
    write.empty("disk", name=name, checkpoint=found.get("checkpoint"), bitmap=found.get("bitmap"))


@command(
    "checkpoint-edit",
    "change what is recorded of a checkpoint in an editor",
    "Open the XML of a checkpoint in $VISUAL or $EDITOR, and record the result.",
    (_DOMAIN, _NAME),
    examples=(("checkpoint-edit test monday", "a better description"),),
    returns="message name domain changed",
)
def checkpoint_edit(session: Session, args: Arguments) -> Message:
    from virshpy.shell.editor import edit_document

    domain: Domain = args["domain"]
    checkpoint = _chosen(args)

    def define(text: str) -> DomainCheckpoint:
        edited = domain.checkpoint_create_xml(text, flags=_C.REDEFINE)
        if edited.name != checkpoint.name:
            edited.delete(flags=CheckpointDeleteFlags.METADATA_ONLY)
            raise Failure(f"Cannot rename checkpoint {checkpoint.name} to {edited.name}")
        return edited

    edited = edit_document(lambda: checkpoint.xml_desc(flags=CheckpointXMLFlags.SECURE), define)
    about = {"name": checkpoint.name, "domain": domain.name}
    if edited is None:
        return Message(f"Checkpoint {checkpoint.name} XML configuration not changed.", **about, changed=False)
    return Message(f"Checkpoint {checkpoint.name} edited.", **about, changed=True)


@command(
    "checkpoint-delete",
    "delete a checkpoint",
    "Delete a checkpoint; changes are counted from the one before.",
    (
        _DOMAIN,
        _NAME,
        flag("children", "and those that come after it"),
        flag("children-only", "only those that come after it"),
        flag("metadata", "forget it, and keep its bitmaps"),
    ),
    examples=(("checkpoint-delete test monday", "when its backup is no longer needed"),),
    returns="message name domain",
)
def checkpoint_delete(session: Session, args: Arguments) -> Message:
    checkpoint = _chosen(args)
    flags = CheckpointDeleteFlags
    wanted = given_flags(
        args, {"children": flags.CHILDREN, "children-only": flags.CHILDREN_ONLY, "metadata": flags.METADATA_ONLY}
    )
    with failing(f"Failed to delete checkpoint {checkpoint.name}"):
        checkpoint.delete(flags=wanted)
    what = "children deleted" if "children-only" in args else "deleted"
    return Message(f"Domain checkpoint {checkpoint.name} {what}", name=checkpoint.name, domain=args["domain"].name)


_X = CheckpointXMLFlags


@command(
    "checkpoint-dumpxml",
    "print a checkpoint's XML",
    "Print the XML of a checkpoint.",
    (
        _DOMAIN,
        _NAME,
        flag("security-info", "with passwords"),
        flag("no-domain", "without the domain's XML"),
        flag("size", "with how much has changed since"),
        XPATH_FIRST,
        WRAP,
    ),
    examples=(("checkpoint-dumpxml test monday --no-domain --size", "how big a backup would be"),),
    returns="xml",
)
def checkpoint_dumpxml(session: Session, args: Arguments) -> Document:
    flags = given_flags(args, {"security-info": _X.SECURE, "no-domain": _X.NO_DOMAIN, "size": _X.SIZE})
    return selected(_chosen(args).xml_desc(flags=flags), args)


def _parent(checkpoint: DomainCheckpoint) -> str | None:
    try:
        return checkpoint.parent().name
    except errors.NoDomainCheckpoint:
        return None


@command(
    "checkpoint-parent",
    "the checkpoint before another",
    "Print the name of the checkpoint before one.",
    (_DOMAIN, option("checkpointname", CheckpointName(), "name of a checkpoint")),
    examples=(("checkpoint-parent test monday", "what the backup before it counted from"),),
    returns="parent",
)
def checkpoint_parent(session: Session, args: Arguments) -> Text:
    checkpoint = _chosen(args)
    parent = _parent(checkpoint)
    if parent is None:
        raise Failure(f"checkpoint '{checkpoint.name}' has no parent")
    return Text("parent", parent, end="")


@command(
    "checkpoint-info",
    "what a checkpoint is",
    "Print the basic facts about a checkpoint.",
    (_DOMAIN, option("checkpointname", CheckpointName(), "name of a checkpoint")),
    examples=(("checkpoint-info test monday", "what comes before and after it"),),
    returns="name domain parent children descendants",
)
def checkpoint_info(session: Session, args: Arguments) -> Fields:
    checkpoint = _chosen(args)
    parent = _parent(checkpoint)
    children = checkpoint.list_children()
    descendants = checkpoint.list_children(flags=CheckpointListFlags.DESCENDANTS)
    return Fields(
        [
            Field("name", "Name", checkpoint.name),
            Field("domain", "Domain", args["domain"].name),
            Field("parent", "Parent", parent, parent or "-"),
            Field("children", "Children", len(children)),
            Field("descendants", "Descendants", len(descendants)),
        ],
        16,
    )


_L = CheckpointListFlags
_FILTERS = {"roots": _L.ROOTS, "leaves": _L.LEAVES, "no-leaves": _L.NO_LEAVES, "topological": _L.TOPOLOGICAL}


@command(
    "checkpoint-list",
    "list a domain's checkpoints",
    "List the checkpoints of a domain, or those that the options select.",
    (
        DOMAIN_LATE,
        flag("parent", "show the one before each"),
        flag("roots", "only those that come after no other"),
        flag("leaves", "only those that no other comes after"),
        flag("no-leaves", "only those that others come after"),
        flag("tree", "show how they follow each other"),
        option("from", CheckpointName(), "only those after this one", late=True),
        flag("descendants", "with --from: directly or not"),
        flag("name", "print names instead of a table"),
        flag("topological", "none before the one that it follows"),
    ),
    constraints=(
        *exclusive("tree", "name"),
        Exclusive("parent", "roots"),
        Exclusive("parent", "tree"),
        Exclusive("roots", "tree"),
        Exclusive("roots", "from"),
        NotInTree("leaves", "no-leaves"),
    ),
    examples=(("checkpoint-list test --tree", "what follows what"),),
    returns="checkpoints[name creation_time parent?] | checkpoints[name parent] | checkpoints<name>",
)
def checkpoint_list(session: Session, args: Arguments) -> Result:
    if "descendants" in args and "from" not in args:
        raise Failure("--descendants requires --from")
    domain: Domain = args["domain"]
    origin = domain.checkpoint_lookup_by_name(args["from"]) if args["from"] else None
    found = family(domain.list_checkpoints, origin, given_flags(args, _FILTERS), _L.DESCENDANTS, args)
    if "topological" not in args:
        found.sort(key=lambda checkpoint: checkpoint.name.lower())
    if "tree" in args:
        return kept_tree("checkpoints", [*([origin] if origin else []), *found], _parent)
    if "name" in args:
        return Lines("checkpoints", ["name"], [(checkpoint.name,) for checkpoint in found])
    rows = []
    for checkpoint in found:
        root = parse(checkpoint.xml_desc(), source="(domain_checkpoint)")
        above = root.find("parent")
        name = above.find("name") if above is not None else None
        rows.append([checkpoint.name, creation_time(root), None, name.text if name is not None else ""])
    return kept_table("checkpoints", rows, with_state=False, with_parent="parent" in args)
