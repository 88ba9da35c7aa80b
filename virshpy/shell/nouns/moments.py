"""Points in time of a domain, declared once: what the commands of snapshots and of checkpoints have in common."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Constraint, OneOf, command, exclusive, flag, option, words
from virshpy.shell.lang.types import STRING, File, split_commas
from virshpy.shell.nouns.domains import domain as domain_noun
from virshpy.shell.nouns.objects import MomentName
from virshpy.shell.nouns.options import PRINT_XML, WRAP, call, security_info, selected
from virshpy.shell.render.results import Document, Field, Fields, Lines, Message, Shown, Table, Text
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments, Handler, Invocation, Option
    from virshpy.shell.markup import Writer
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session
    from virshpy.xml.node import Node

    Example = tuple[str, str]
    Family = list[Any]
    Columns = list[tuple[str, str | None]]

DOMAIN = domain_noun.argument()


class NotInTree(Constraint):
    """Filters that would leave parents out of a tree, refused in virsh's other sentence for that."""

    __slots__ = ("filters",)

    def __init__(self, *filters: str) -> None:
        self.filters = filters

    def names(self) -> tuple[str, ...]:
        return (*self.filters, "tree")

    def check(self, args: Invocation) -> None:
        for name in self.filters:
            if name in args and "tree" in args:
                raise Failure(f"--{name} and --tree are mutually exclusive")


class Moment:
    """Snapshots or checkpoints: ``word`` is which; the others are libvirt's flags for each call. One of several may be
    ``current``: then --current names it instead of its name. An ``example`` is what follows the command, and why."""

    def __init__(self, word: str, *, create: Any, delete: Any, listing: Any, xml: Any, current: bool = False) -> None:
        self.word, self.words = word, f"{word}s"
        self.create_flags, self.delete_flags, self.list_flags, self.xml_flags = create, delete, listing, xml
        self.name = option(f"{word}name", MomentName(word), f"name of a {word}")
        self.chosen_by = (self.name, flag("current", f"the current {word}")) if current else (self.name,)

    def command(
        self, verb: str, summary: str, description: str, options: Iterable[Option], example: Example, returns: str,
        constraints: Sequence[Constraint] = (),
    ) -> Callable[[Handler], Handler]:  # fmt: skip
        name, (given, why) = f"{self.word}-{verb}", example
        examples = ((f"{name} {given}", why),)
        return command(
            name, summary, description, (DOMAIN, *options), examples=examples, returns=returns, constraints=constraints
        )

    def find(self, domain: Domain, name: str) -> Any:
        return getattr(domain, f"{self.word}_lookup_by_name")(name)

    def make(self, domain: Domain, xml: str, flags: int) -> Any:
        return getattr(domain, f"{self.word}_create_xml")(xml, flags=flags)

    def chosen(self, args: Arguments, *, either: bool = True) -> Any:
        """The one that the options mean; ``either`` the named or the current one. Raises Failure, Error."""
        name, current = args[self.name.name], "current" in args
        if name and current and either:
            raise Failure(f"--{self.name.name} and --current are mutually exclusive")
        if name:
            return self.find(args["domain"], name)
        if current:
            return args["domain"].snapshot_current()
        raise Failure(" or ".join(f"--{option.name}" for option in self.chosen_by) + " is required")

    def done(self, args: Arguments, name: str, what: str, end: str = "\n") -> Message:
        return Message(f"Domain {self.word} {name} {what}", end, name=name, domain=args["domain"].name)

    def create(
        self, summary: str, description: str, *options: Option, check: Callable[[int], None], example: Example,
        constraints: Sequence[Constraint] = (),
    ) -> None:  # fmt: skip
        """``snapshot-create DOMAIN [FILE]``; ``check`` refuses flags that cannot be together."""
        file, redefining = option("xmlfile", File(), "file with its XML"), f"record a {self.word} that exists already"
        redefine = flag("redefine", redefining, adds=self.create_flags.REDEFINE)
        returns = "message name domain"

        @self.command("create", summary, description, (file, redefine, *options), example, returns, constraints)
        def create(session: Session, args: Arguments) -> Message:
            check(args.flags)
            source = f" from '{args.text('xmlfile')}'" if "xmlfile" in args else ""
            xml = f"<domain{self.word}/>" if args["xmlfile"] is None else args["xmlfile"]
            return self.done(args, self.make(args["domain"], xml, args.flags).name, f"created{source}", end="")

    def create_as(
        self, summary: str, description: str, *options: Option, diskspec: str, disk: Callable[[Writer, str], None],
        memory: Callable[[Writer, str], None] | None = None, example: Example,
    ) -> None:  # fmt: skip
        """``snapshot-create-as DOMAIN``: ``disk`` and ``memory`` write what one --diskspec or --memspec says."""
        known = (
            option("name", STRING, f"name of the {self.word}"),
            option("description", STRING, "a note about it"),
            PRINT_XML,
            *options,
            words("diskspec", STRING.offering("DISK"), f"settings of one disk: {diskspec}"),
        )

        @self.command("create-as", summary, description, known, example, "message name domain | xml")
        def create_as(session: Session, args: Arguments) -> Result:
            from virshpy.shell.markup import Writer

            write = Writer()
            with write.element(f"domain{self.word}"):
                write.text("name", args["name"])
                write.text("description", args["description"])
                if memory is not None and args["memspec"]:
                    memory(write, args["memspec"])
                if args["diskspec"]:
                    with write.element("disks"):
                        for spec in args["diskspec"]:
                            disk(write, spec)
            if "print-xml" in args:
                return Document(write.result(), end="\n")
            return self.done(args, self.make(args["domain"], write.result(), args.flags).name, "created", end="")

    def edit(self, *options: Option, renamed: str, example: Example, constraints: Sequence[Constraint] = ()) -> None:
        """``snapshot-edit DOMAIN``; ``renamed`` is the complaint about a new name where no option allows it."""
        summary = f"change the record of a {self.word} in an editor"
        description = f"Open the XML of a {self.word} in $VISUAL or $EDITOR, and record the result."
        returns = "message name domain changed"
        forget = self.delete_flags.METADATA_ONLY

        @self.command("edit", summary, description, (self.name, *options), example, returns, constraints)
        def edit(session: Session, args: Arguments) -> Message:
            from virshpy.shell.editor import edit_document

            domain, one = args["domain"], self.chosen(args, either=False)
            flags = self.create_flags.REDEFINE
            if "current" in args and args[self.name.name]:
                flags |= self.create_flags.CURRENT

            def define(text: str) -> Any:
                edited = self.make(domain, text, flags)
                if edited.name != one.name and "rename" not in args and "clone" not in args:
                    edited.delete(flags=forget)
                    raise Failure(renamed.format(old=one.name, new=edited.name))
                return edited

            edited = edit_document(lambda: str(one.xml_desc(flags=self.xml_flags.SECURE)), define)
            what = "XML configuration not changed" if edited is None else "edited"
            if edited is not None and edited.name != one.name:
                what = f"cloned to {edited.name}"
                if "rename" in args:
                    with failing(f"Failed to clean up {one.name}"):
                        one.delete(flags=forget)
            about = {"name": one.name, "domain": domain.name, "changed": edited is not None}
            return Message(f"{self.word.capitalize()} {one.name} {what}.", **about)

    def delete(self, description: str, *, metadata: str, example: Example) -> None:
        """``snapshot-delete DOMAIN``"""
        known = (
            *self.chosen_by,
            flag("children", "delete its children, too", adds=self.delete_flags.CHILDREN),
            flag("children-only", "delete its children only", adds=self.delete_flags.CHILDREN_ONLY),
            flag("metadata", metadata, adds=self.delete_flags.METADATA_ONLY),
        )

        @self.command("delete", f"delete a {self.word}", description, known, example, "message name domain")
        def delete(session: Session, args: Arguments) -> Message:
            one = self.chosen(args)
            with failing(f"Failed to delete {self.word} {one.name}"):
                one.delete(flags=args.flags)
            return self.done(args, one.name, "children deleted" if "children-only" in args else "deleted")

    def dumpxml(
        self, description: str, *options: Option, example: Example, constraints: Sequence[Constraint] = ()
    ) -> None:
        """``snapshot-dumpxml DOMAIN NAME``; what names it is the first of ``options``."""
        name, *others = options
        known = (
            name,
            security_info(self.xml_flags.SECURE),
            *others,
            WRAP,
        )

        @self.command("dumpxml", f"print the XML of a {self.word}", description, known, example, "xml", constraints)
        def dumpxml(session: Session, args: Arguments) -> Document:
            return selected(self.chosen(args).xml_desc(flags=args.flags), args)

    def parent(self, *, example: Example) -> None:
        """``snapshot-parent DOMAIN``"""
        description = f"Print the name of the {self.word} that one is based on."

        @self.command("parent", f"parent of a {self.word}", description, self.chosen_by, example, "parent")
        def parent(session: Session, args: Arguments) -> Text:
            one = self.chosen(args)
            above = _parent(one)
            if above is None:
                raise Failure(f"{self.word} '{one.name}' has no parent", kind="absent")
            return Text("parent", above, end="")

    def info(
        self, *, example: Example, returns: str, state: Callable[[Any], list[Field]] = lambda one: [],
        record: Callable[[Any], list[Field]] = lambda one: [],
    ) -> None:  # fmt: skip
        """``snapshot-info DOMAIN``; ``state`` and ``record`` are what is told before and after its relatives."""
        description = f"Print the basic facts about a {self.word}."

        @self.command("info", f"facts about a {self.word}", description, self.chosen_by, example, returns)
        def info(session: Session, args: Arguments) -> Fields:
            one = self.chosen(args)
            fields = [Field("name", "Name", one.name), Field("domain", "Domain", args["domain"].name), *state(one)]
            above = _parent(one)
            descendants = one.list_children(flags=self.list_flags.DESCENDANTS)
            fields += [
                Field("parent", "Parent", above, above or "-"),
                Field("children", "Children", len(one.list_children())),
                Field("descendants", "Descendants", len(descendants)),
            ]
            return Fields([*fields, *record(one)], 16)

    def list(self, *filters: Option, state: bool = False, holes: Sequence[str] = (), example: Example) -> None:
        """``snapshot-list DOMAIN``; ``filters`` are those that only one of both kinds has, ``holes`` those of them that
        would leave parents out of a tree."""
        flags, description = self.list_flags, f"List the {self.words} of a domain, or those that the options select."
        origins = ("from", *(option.name for option in self.chosen_by[1:]))
        either = "either --from or --current" if len(origins) > 1 else "--from"
        known = (
            flag("parent", "show the parent of each"),
            flag("roots", "only those that have no parent", adds=flags.ROOTS),
            flag("leaves", "only those that have no children", adds=flags.LEAVES),
            flag("no-leaves", "only those that have children", adds=flags.NO_LEAVES),
            *filters,
            flag("tree", "show children under their parents"),
            option("from", MomentName(self.word), "only children of this one", late=True),
            *(flag(origin, f"only children of the {origin} one") for origin in origins[1:]),
            flag("descendants", "children of children, too"),
            flag("name", "print names instead of a table"),
            flag("topological", "list parents before their children", adds=flags.TOPOLOGICAL),
        )
        constraints = (
            *exclusive("tree", "name"),
            *exclusive("parent", "roots", "tree"),
            *exclusive("roots", "tree", *origins),
            NotInTree("leaves", "no-leaves", *holes),
            OneOf(*origins, beside="descendants", complaint=f"--descendants requires {either}"),
        )
        row = f"name creation_time{' state' * state} parent?"
        returns = f"{self.words}[{row}] | {self.words}[name parent] | {self.words}[name]"

        @self.command("list", f"list a domain's {self.words}", description, known, example, returns, constraints)
        def list_(session: Session, args: Arguments) -> Result:
            origin, found = self.family(args)
            if "topological" not in args:
                found.sort(key=lambda one: str(one.name.lower()))
            if "tree" in args:
                from virshpy.shell.render.tree import tree

                return tree(self.words, [(one.name, _parent(one)) for one in (*origin, *found)])
            if "name" in args:
                return Lines(self.words, ["name"], [(one.name,) for one in found])
            return self.table(found, state=state, parent="parent" in args)

    def family(self, args: Arguments) -> tuple[Family, Family]:
        """What --from or --current name, and the moments based on it: directly, or with --descendants (or --tree) at
        all. Without either, all moments of the domain."""
        domain, flags = args["domain"], args.flags
        if args["from"] and "current" in args:
            raise Failure("--from and --current are mutually exclusive")
        if not args["from"] and "current" not in args:
            return [], call(getattr(domain, f"list_{self.words}"), flags=flags)
        origin = self.find(domain, args["from"]) if args["from"] else domain.snapshot_current()
        if "descendants" in args or "tree" in args:
            flags |= self.list_flags.DESCENDANTS
        return [origin], call(origin.list_children, flags=flags)

    def table(self, found: Family, *, state: bool, parent: bool) -> Table:
        columns: Columns = [("name", "Name"), ("creation_time", "Creation Time")]
        columns += [("state", "State")] * state + [("parent", "Parent")] * parent
        rows = []
        for one in found:
            root = parse(one.xml_desc(), source=f"(domain_{self.word})")
            above = text_of(root, "parent", "name") or ""
            row = [one.name, _creation_time(root)]
            rows.append([*row, *[text_of(root, "state")] * state, *[Shown(above or None, above)] * parent])
        return Table(self.words, columns, rows)


def _parent(one: Any) -> str | None:
    try:
        name: str = one.parent().name
    except (errors.NoDomainSnapshot, errors.NoDomainCheckpoint):
        return None
    return name


def text_of(root: Node, *path: str) -> str | None:
    """The text of an element, or None."""
    for tag in path:
        child = root.find(tag)
        if child is None:
            return None
        root = child
    return root.text


def _creation_time(root: Node) -> Shown:
    """When it was made, as its document says it; for people in the time of this place."""
    from time import localtime, strftime

    made = text_of(root, "creationTime")
    if made is None or not made.strip().isdigit():
        return Shown(None, "")
    seconds = int(made)
    return Shown(seconds, strftime("%Y-%m-%d %H:%M:%S %z", localtime(seconds)))


def settings(spec: str, *known: str) -> tuple[str, dict[str, str]]:
    """``NAME,key=value,…`` as its name and its settings, each ``known`` and given once. Raises Failure."""
    name, *rest = split_commas(spec)
    found: dict[str, str] = {}
    for piece in rest:
        key, equals, value = piece.partition("=")
        if key not in known or not equals or key in found:
            raise Failure(f"unable to parse diskspec: {spec}")
        found[key] = value
    return name, found
