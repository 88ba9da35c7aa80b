"""A kind of object, declared once: from it come the commands that most kinds have, such as ``net-define`` and
``net-start``. What is particular to a kind is an argument, or is written out beside it.

    net = Noun("net", "network", NetworkType, "network {name}", example="default")
    net.from_file("define", validate(NetworkDefineFlags.VALIDATE), example="lab.xml", why="then: net-start lab")
    net.verb("start", "started", "start a defined network", method="create", on="inactive")
    net.dumpxml(inactive(NetworkXMLFlags.INACTIVE))

In sentences ``{name}`` is what was typed for the object and ``{file}`` the file. A sentence that virsh words in another
way is an argument.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import failing
from virshpy.shell.lang.command import argument, command, flag
from virshpy.shell.lang.types import File
from virshpy.shell.nouns.options import WRAP, XPATH_FIRST, call, selected
from virshpy.shell.render.results import Document, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from virshpy.shell.lang.command import Alias, Arguments, Constraint, Option, Selection
    from virshpy.shell.lang.types import DomainType
    from virshpy.shell.nouns.lists import Column
    from virshpy.shell.nouns.objects import ObjectType
    from virshpy.shell.session import Session

    Examples = Sequence[tuple[str, str]]

# What may name an object, in the order in which help speaks of it.
_WAYS = {"name": "name", "id": "id", "uuid": "UUID", "mac": "MAC address"}
_FROM_FILE = {
    "define": (
        "define {what} from a file, without starting it",
        "Make a persistent {name}, or replace the definition of one.",
    ),
    "create": (
        "start {what} from a file, without defining it",
        "Start a transient {name}: it is forgotten when it stops.",
    ),
}


class Noun:
    """A kind of object: ``prefix`` begins its commands, ``argument`` is the one that names an object and ``type`` finds
    it, ``spoken`` is how virsh's sentences name it, ``what`` how help does (``a network``), ``example`` is one of them.
    """

    def __init__(
        self, prefix: str, name: str, type: type[DomainType | ObjectType], spoken: str, *, example: str, what: str = "",
        help: str = "", late: bool = False,
    ) -> None:  # fmt: skip
        self.prefix = f"{prefix}-" if prefix else ""
        self.name = name
        self.type = type
        self.spoken = spoken
        self.title = spoken[0].upper() + spoken[1:]
        self.example = example
        self.what = what or f"a {name}"
        self.help = help  # of the argument, where its types do not say it
        self.late = late

    def argument(
        self, by: str = "", on: str = "", *, late: bool = False, instead: Mapping[str, Selection] | None = None
    ) -> Option:
        """The object that a command is about: named in one of the ways ``by``, offered in one of the states ``on``, or
        ``instead`` of that found by a flag."""
        kind = self.type(by, states=on) if by else self.type(states=on)
        help = self.help or f"{_ways(kind.by)} of {self.what}"
        return argument(self.name, kind, help, late=late or self.late, instead=instead)

    def method(self, session: Session, name: str) -> Callable[..., Any]:
        """A connection's method about such objects: ``define_xml`` is ``network_define_xml``."""
        found: Callable[..., Any] = getattr(session.connection, f"{self.type.api}_{name}".lstrip("_"))
        return found

    def told(self, handle: Any, identity: str = "") -> dict[str, Any]:
        """The keys that name an object to programs; a domain's name is called ``domain``."""
        keys = (identity or self.type.identity).split()
        return {key: getattr(handle, "name" if key == self.name else key) for key in keys}

    def from_file(
        self, verb: str, *options: Option, example: str, why: str, help: tuple[str, str] | None = None,
        done: str = "", failed: str = "", constraints: Sequence[Constraint] = (),
    ) -> None:  # fmt: skip
        """``net-define FILE``: an object from its document. ``help`` is a summary and a description."""
        name = self.prefix + verb
        summary, description = help or (text.format(what=self.what, name=self.name) for text in _FROM_FILE[verb])
        kind = self.spoken.replace("{name}", "").strip(" '")

        @command(
            name,
            summary,
            description,
            (argument("file", File(), "file with its XML"), *options),
            constraints=constraints,
            examples=((f"{name} {example}", why),),
            returns=f"message {self.type.identity}",
        )
        def from_file(session: Session, args: Arguments) -> Message:
            file = args.text("file")
            with failing((failed or f"Failed to {verb} {kind} from {{file}}").format(file=file)):
                made = call(self.method(session, f"{verb}_xml"), args["file"], flags=args.flags)
            told = self.told(made)
            sentence = done or f"{self.title} {verb}d from {{file}}"
            return Message(sentence.format(file=file, name=next(iter(told.values()))), **told)

    def verb(
        self, verb: str, done: str, summary: str, *options: Option, description: str = "", method: str = "",
        on: str = "", failed: str = "", examples: Examples = (),
        why: str = "", constraints: Sequence[Constraint] = (), aliases: Sequence[Alias] = (),
        instead: Mapping[str, Selection] | None = None,
    ) -> None:  # fmt: skip
        """``net-start NETWORK``: a method of its handle. ``done`` ends the sentence about it, or is the whole one.
        Where there are no flags, the older call without them is made."""

        @command(
            self.prefix + verb,
            summary,
            description or f"{summary[0].upper()}{summary[1:]}.",
            (self.argument(on=on, instead=instead), *options),
            constraints=constraints,
            aliases=aliases,
            examples=examples or self._examples(verb, why),
            returns=f"message {self.type.identity}",
        )
        def do(session: Session, args: Arguments) -> Message:
            handle, name = args[self.name], args.text(self.name)
            with failing((failed or f"Failed to {verb} {self.spoken}").format(name=name)):
                act = getattr(handle, method or verb)
                call(act, flags=args.flags)
            sentence = done if "{name}" in done else f"{self.title} {done}"
            return Message(sentence.format(name=name), **self.told(handle))

    def autostart(self, *, failed: str = "failed to", identity: str = "") -> None:
        """``net-autostart NETWORK [--disable]``"""
        name, identity = f"{self.prefix}autostart", identity or self.type.identity

        @command(
            name,
            f"set whether {self.what} starts with the host",
            f"Set whether {self.what} starts when the host does.",
            (self.argument(), flag("disable", "do not start it with the host")),
            examples=((f"{name} {self.example} --disable", "start it by hand from now on"),),
            returns=f"message autostart {identity}",
        )
        def autostart(session: Session, args: Arguments) -> Message:
            wanted = "disable" not in args
            verb, typed = "mark" if wanted else "unmark", args.text(self.name)
            with failing(f"{failed} {verb} {self.spoken.format(name=typed)} as autostarted"):
                args[self.name].set_autostart(wanted)
            done = f"{self.title.format(name=typed)} {verb}ed as autostarted"
            return Message(done, autostart=wanted, **self.told(args[self.name], identity))

    def dumpxml(self, *options: Option, description: str = "", examples: Examples = ()) -> None:
        """``net-dumpxml NETWORK``"""

        @command(
            f"{self.prefix}dumpxml",
            f"print the XML of {self.what}",
            description or f"Print the XML of {self.what}.",
            (self.argument(), *options, XPATH_FIRST, WRAP),
            examples=examples or self._examples("dumpxml"),
            returns="xml",
        )
        def dumpxml(session: Session, args: Arguments) -> Document:
            return selected(call(args[self.name].xml_desc, flags=args.flags), args)

    def edit(self, *ways: int, validate: int = 0, identity: str = "", description: str = "", why: str = "") -> None:
        """``net-edit NETWORK``: its document in an editor, defined anew. ``ways`` are the flags to ask for the document
        with: the second where a driver does not know the first. ``validate`` is the flag to define with, if any."""
        identity = identity or self.type.identity
        relaxing = (flag("skip-validate", "accept XML that the schema does not know"),) if validate else ()

        @command(
            f"{self.prefix}edit",
            f"change the XML of {self.what} in an editor",
            description or f"Open the XML of {self.what} in $VISUAL or $EDITOR, and define the result.",
            (self.argument(), *relaxing),
            examples=self._examples("edit", why),
            returns=f"message changed {identity}",
        )
        def edit(session: Session, args: Arguments) -> Message:
            from virshpy.shell.editor import edit_document

            handle, define = args[self.name], self.method(session, "define_xml")
            if not validate or "skip-validate" in args:
                made = edit_document(lambda: _document(handle, ways), define)
            else:
                made = edit_document(lambda: _document(handle, ways), lambda text: define(text, flags=validate), define)
            sentence = f"{self.title.format(name=(made or handle).name)} XML configuration"
            if made is None:
                return Message(f"{sentence} not changed.", changed=False, **self.told(handle, identity))
            return Message(f"{sentence} edited.", changed=True, **self.told(made, identity))

    def tells(
        self, key: str, by: str, given: str = "", *, why: str = "", description: str = "", returns: str = ""
    ) -> None:
        """``net-uuid NETWORK``: from one of its names to another; ``given`` is the one in the example. Those of domains
        are called ``domuuid`` and such."""
        name, label = (self.prefix or "dom") + key, _WAYS[key]
        lasts, reason = ("", f"such as: {self.example}")
        if key == "uuid":
            lasts, reason = ", which stays when it is renamed", "the identity that survives a new name"

        @command(
            name,
            f"{label} of {self.what}, by {_ways(by.split())}",
            description or f"Print the {label} of {self.what}{lasts}.",
            (self.argument(by),),
            examples=((f"{name} {given or self.example}", why or reason),),
            returns=returns or key,
        )
        def tell(session: Session, args: Arguments) -> Text:
            handle = args[self.name]
            value = getattr(handle, key)
            others = {other: getattr(handle, other) for other in returns.split() if other != key}
            return Text(key, "-" if value is None else str(value), value, **others)

    def notes(self) -> None:
        """``net-desc NETWORK`` and ``net-metadata NETWORK``"""
        from virshpy.shell.nouns.notes import declare_description, declare_metadata

        declare_description(self)
        declare_metadata(self)

    def list(self, key: str, *asked: str | Column, options: Sequence[Option] = (), **more: Any) -> None:
        """``net-list``; ``more`` is what :func:`declare_list` takes."""
        from virshpy.shell.nouns.lists import columns, declare_list

        declare_list(self, key, columns(*asked), options, **more)

    def events(self, kinds: Sequence[str], changes: Sequence[str]) -> None:
        """``net-event``"""
        from virshpy.shell.nouns.events import declare_events

        declare_events(self, kinds, changes)

    def _examples(self, verb: str, why: str = "") -> Examples:
        named = next(label for way, label in _WAYS.items() if way in self.type().by)
        return ((f"{self.prefix}{verb} {self.example}", why or f"{self.what}, by its {named}"),)


def _document(handle: Any, ways: Sequence[int]) -> str:
    describe: Callable[..., str] = handle.xml_desc
    try:
        return call(describe, flags=ways[0])
    except errors.InvalidArg:
        if len(ways) == 1:
            raise
        return call(describe, flags=ways[1])


def _ways(by: Sequence[str]) -> str:
    *first, last = [word for way, word in _WAYS.items() if way in by]
    return f"{', '.join(first)} or {last}" if first else last
