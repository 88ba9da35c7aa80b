"""What families of commands share: the ``…-dumpxml``, ``…-define``, ``…-edit``, ``…-list`` commands and those that do
one thing to one object differ in the object only."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import argument, command, flag
from virshpy.shell.lang.types import File, Named
from virshpy.shell.nouns.options import WRAP, XPATH_FIRST, selected
from virshpy.shell.render.results import Lines, Message, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    from virshpy.shell.lang.command import Alias, Arguments, Constraint, Option
    from virshpy.shell.render.results import Document, Result
    from virshpy.shell.session import Session

    T = TypeVar("T")


VALIDATE = flag("validate", "refuse XML that the schema does not know")


def declare_dumpxml(
    name: str,
    what: str,
    target: Option,
    options: Sequence[Option] = (),
    document: Callable[[Any, int], str] = lambda handle, flags: handle.xml_desc(*([flags] if flags else [])),
    flags: Mapping[str, int] | None = None,
    xpath: Option = XPATH_FIRST,
) -> None:
    """``…-dumpxml TARGET``: ``document(handle, flags)`` is printed; ``flags`` says what each option adds.

    Not every kind of document has flags: none are passed where none are given.
    """

    @command(
        name, f"print {what}'s XML", f"Print the XML of {what}.", (target, *options, xpath, WRAP),
        examples=_example(name, target), returns="xml",
    )  # fmt: skip
    def dumpxml(session: Session, args: Arguments) -> Document:
        return selected(document(args[target.name], given_flags(args, flags or {})), args)


def declare_from_file(
    name: str,
    summary: str,
    description: str,
    make: Callable[[Session, str, int], Any],
    failed: str,
    done: str,
    *,
    options: Sequence[Option] = (VALIDATE,),
    flags: Mapping[str, int] | None = None,
    shown_name: Callable[[Any], str] = lambda handle: handle.name,
    constraints: Sequence[Constraint] = (),
    file_help: str = "file with the XML",
    examples: Sequence[tuple[str, str]] = (),
    identity: str = "name uuid",
) -> None:
    """``…-define FILE``: ``make(session, xml, flags)`` gives a handle. ``failed`` and ``done`` may name ``{file}`` and
    ``{name}``; ``identity`` is what names the handle to programs."""

    @command(
        name, summary, description, (argument("file", File(), file_help), *options),
        constraints=constraints, examples=examples, returns=f"message {identity}",
    )  # fmt: skip
    def from_file(session: Session, args: Arguments) -> Message:
        file = args.text("file")
        with failing(failed.format(file=file)):
            made = make(session, args["file"], given_flags(args, flags or {}))
        made_name = shown_name(made)
        return Message(done.format(file=file, name=made_name), **named(made, identity))


def declare_verb(
    name: str,
    summary: str,
    description: str,
    target: Option,
    act: Callable[[Any, int], object],
    failed: str,
    done: str,
    *,
    options: Sequence[Option] = (),
    flags: Mapping[str, int] | None = None,
    constraints: Sequence[Constraint] = (),
    aliases: Sequence[Alias] = (),
    examples: Sequence[tuple[str, str]] = (),
    typed: bool = True,
) -> None:
    """``verb TARGET``: ``act(handle, flags)``. ``failed`` and ``done`` may name ``{name}``: what was typed, or the
    object's own name."""
    identity = _identity(target)

    @command(
        name, summary, description, (target, *options),
        constraints=constraints, aliases=aliases, examples=examples or _example(name, target),
        returns=f"message {identity}",
    )  # fmt: skip
    def verb(session: Session, args: Arguments) -> Message:
        handle = args[target.name]
        spoken = args.text(target.name) if typed else handle.name
        if failed:
            with failing(failed.format(name=spoken)):
                act(handle, given_flags(args, flags or {}))
        else:
            act(handle, given_flags(args, flags or {}))
        return Message(done.format(name=spoken), **named(handle, identity))


def declare_autostart(
    name: str, what: str, target: Option, failed: str, done: str, get_name: Callable[[Any], str] | None = None
) -> None:
    """``…-autostart TARGET [--disable]``; ``failed`` and ``done`` have ``{un}`` and ``{name}``."""
    identity = _identity(target)

    @command(
        name, f"start {what} with the host", f"Have {what} started when the host starts, or no longer.",
        (target, flag("disable", "do not start it with the host")),
        examples=((f"{name} {EXAMPLES.get(target.name, 'web')} --disable", "leave it to be started by hand"),),
        returns=f"message autostart {identity}",
    )  # fmt: skip
    def autostart(session: Session, args: Arguments) -> Message:
        wanted = "disable" not in args
        filled = {"un": "" if wanted else "un", "name": args.text(target.name)}
        with failing(failed.format(**filled)):
            args[target.name].set_autostart(wanted)
        return Message(done.format(**filled), autostart=wanted, **named(args[target.name], identity))


def declare_edit(
    name: str,
    what: str,
    target: Option,
    current: Callable[[Any], str],
    define: Callable[[Session, str], Any],
    unchanged: str,
    edited: str,
) -> None:
    """``…-edit TARGET``: the object's XML in an editor, defined anew."""
    identity = _identity(target)

    @command(
        name, f"change {what}'s XML in an editor",
        f"Open the XML of {what} in $VISUAL or $EDITOR, and define the result.",
        (target,), examples=_example(name, target), returns=f"message changed {identity}",
    )  # fmt: skip
    def edit(session: Session, args: Arguments) -> Message:
        handle = args[target.name]
        made = edit_document(lambda: current(handle), lambda text: define(session, text))
        if made is None:
            return Message(unchanged.format(name=handle.name), changed=False, **named(handle, identity))
        return Message(edited.format(name=made.name), changed=True, **named(made, identity))


def edit_document(current: Callable[[], str], define: Callable[[str], T]) -> T | None:
    """A document through the editor until ``define`` takes it; None where nothing was changed."""
    from virshpy.shell.editor import edit_until_accepted

    return edit_until_accepted(current(), current, lambda text, relaxed: define(text), validating=False)


def one_form(args: Arguments, *forms: str) -> None:
    """Lists come in one form at a time."""
    if sum(form in args for form in forms) > 1:
        spelled = ", ".join(f"--{form}" for form in forms[:-1])
        raise Failure(f"Only one argument from {spelled} and --{forms[-1]} may be specified.")


def listed(
    args: Arguments,
    key: str,
    columns: Sequence[tuple[str, str | None]],
    rows: Iterable[Sequence[Any]],
    plain: str | None = None,
) -> Result:
    """A table, or with ``plain`` the values of that one column, a line each."""
    rows = list(rows)
    if plain is None:
        return Table(key, columns, rows)
    keys = [column for column, _ in columns]
    return Lines(key, [plain], [(row[keys.index(plain)],) for row in rows])


class asked_the_old_way:  # noqa: N801 - reads as a statement
    """Where a driver cannot list, virsh tries the calls of old versions and fails in their name; so does this."""

    def __init__(self, sentence: str, c_name: str, otherwise: str | None = None, *, filtered: bool = False) -> None:
        self.sentence = sentence
        self.c_name = c_name
        self.otherwise = otherwise or sentence
        self.filtered = filtered  # which those calls could not

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, errors.NoSupport):
            if self.filtered:
                raise Failure("Filtering is not supported by this libvirt", error, quiet_cause=True) from error
            raise Failure(self.sentence, errors.NoSupport(self.c_name, domain=error.domain)) from error
        if isinstance(error, errors.Error):
            raise Failure(self.otherwise, error) from error


class Spoken(errors.InternalError):
    """internal error"""

    detailed = "%s"  # a second sentence of virsh's own, after the first


class named_as:  # noqa: N801 - reads as a statement
    """virsh makes the oldest call that can do what was asked, and what is not supported is named after that call."""

    __slots__ = ("c_name",)

    def __init__(self, c_name: str) -> None:
        self.c_name = c_name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, errors.NoSupport) and error.detail != self.c_name:
            raise errors.NoSupport(self.c_name, domain=error.domain) from error


def given_flags(args: Arguments, flags: Mapping[str, int]) -> int:
    """The sum of what the given options stand for."""
    total = 0
    for name, value in flags.items():
        if name in args:
            total |= int(value)
    return total


def named(handle: Any, identity: str) -> dict[str, Any]:
    """What names an object to programs beside the sentence about it."""
    return {name: getattr(handle, name) for name in identity.split()}


def _identity(target: Option) -> str:
    assert isinstance(target.type, Named)
    return target.type.identity


# What stands for an object in examples, by the name of the argument.
EXAMPLES = {
    "domain": "web",
    "network": "default",
    "pool": "default-pool",
    "interface": "eth1",
    "device": "computer",
    "secret": "12345678-0000-0000-0000-123456789abc",
    "nwfilter": "clean-traffic",
    "binding": "vnet0",
}


def _example(name: str, target: Option) -> tuple[tuple[str, str], ...]:
    return ((f"{name} {EXAMPLES.get(target.name, 'web')}", f"for the {target.name} of that name"),)
