"""Lists of objects: ``net-list`` and its like."""

from __future__ import annotations

from operator import attrgetter

from virshpy import errors
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import command, flag
from virshpy.shell.nouns.options import call
from virshpy.shell.render.readable import shown_bool
from virshpy.shell.render.results import Field, Lines, Shown, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from virshpy.shell.lang.command import Arguments, Constraint, Option
    from virshpy.shell.nouns.noun import Noun
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

    Column = tuple[str, str | None, Callable[[Any], Any]]


def autostart(handle: Any) -> Shown:
    try:
        return shown_bool(handle.autostart())
    except errors.Error:
        return Shown(None, "no autostart")


def autostart_field(handle: Any) -> Field:
    shown = autostart(handle)
    return Field("autostart", "Autostart", shown.value, shown.text)


# Columns that several kinds have: the title (None keeps it from people), and what a handle has there.
_KNOWN: dict[str, tuple[str | None, Callable[[Any], Any]]] = {
    "name": ("Name", attrgetter("name")),
    "uuid": (None, attrgetter("uuid")),
    "state": ("State", lambda handle: "active" if handle.is_active() else "inactive"),
    "autostart": ("Autostart", autostart),
    "persistent": ("Persistent", lambda handle: shown_bool(handle.is_persistent())),
}


def columns(*asked: str | Column) -> list[Column]:
    """Columns by their keys, or as they are given."""
    return [(column, *_KNOWN[column]) if isinstance(column, str) else column for column in asked]


def table(key: str, columns: Sequence[Column], handles: Sequence[Any]) -> Table:
    rows = [[value(handle) for _, _, value in columns] for handle in handles]
    return Table(key, [(name, title) for name, title, _ in columns], rows)


def which(words: str, flags: Any) -> tuple[Option, Option]:
    """--inactive and --all; without them a list is of what is active."""
    return (
        flag("inactive", f"{words} that are inactive", adds=flags.INACTIVE),
        flag("all", f"active and inactive {words}", adds=flags.INACTIVE | flags.ACTIVE),
    )


def lasting(words: str, flags: Any) -> tuple[Option, Option, Option, Option]:
    """--persistent, --transient, --autostart and --no-autostart."""
    return (
        flag("persistent", f"{words} with a persistent definition", adds=flags.PERSISTENT),
        flag("transient", f"{words} without a persistent definition", adds=flags.TRANSIENT),
        flag("autostart", f"{words} that start with the host", adds=flags.AUTOSTART),
        flag("no-autostart", f"{words} that do not start with the host", adds=flags.NO_AUTOSTART),
    )


FORMS = (
    flag("uuid", "print UUIDs instead of a table"),
    flag("name", "print names instead of a table"),
    flag("table", "print a table (this is the default)"),
)


def declare_list(
    noun: Noun, key: str, columns: Sequence[Column], options: Sequence[Option], *, words: str = "", active: int = 0,
    counted: str = "", what: str = "", description: str = "", example: tuple[str, str],
    constraints: Sequence[Constraint] = (),
) -> None:  # fmt: skip
    """A list of objects under ``key``, which people call ``words`` (and virsh ``what``, in its complaint)."""
    words = words or key
    forms = [option.name for option in reversed(options) if option in FORMS]
    plain = [name for name in forms if name != "table"]
    keys = " ".join(name for name, _, _ in columns)

    @command(
        f"{noun.prefix}list",
        f"list {words}",
        description or f"List active {words}, or those that the options select.",
        options,
        constraints=constraints,
        examples=((f"{noun.prefix}list{example[0]}", example[1]),),
        returns=" | ".join([f"{key}[{keys}]", *(f"{key}[{name}]" for name in plain)]),
    )
    def list_(session: Session, args: Arguments) -> Result:
        one_form(args, *forms)
        found = everything(noun, session, args, active, counted=counted, failed=f"Failed to list {what or words}")
        for name in plain:
            if name in args:
                return Lines(key, [name], [(getattr(handle, name),) for handle in found])
        return table(key, columns, found)


def one_form(args: Arguments, *forms: str) -> None:
    """Lists come in one form at a time."""
    if sum(form in args for form in forms) > 1:
        spelled = ", ".join(f"--{form}" for form in forms[:-1])
        raise Failure(f"Only one argument from {spelled} and --{forms[-1]} may be specified.")


def everything(
    noun: Noun, session: Session, args: Arguments, active: int = 0, *, more: int = 0, counted: str = "", failed: str
) -> list[Any]:
    """Objects of a kind, those that the options select, in the order of their names; without --inactive and --all the
    ``active`` ones. Where a driver has no lists, virsh asks as old versions did, which could count but not filter by
    anything else, and fails with the sentence ``counted``; ``{which}`` in it is what was counted."""
    flags = args.flags | more
    if "inactive" not in args and "all" not in args:
        flags |= active
    listing = getattr(session.connection, f"list_{noun.type.api}s")
    try:
        found: list[Any] = call(listing, flags=flags)
    except errors.NoSupport as error:
        if flags and not active:
            raise Failure("Filtering is not supported by this libvirt", error, quiet_cause=True) from error
        which = "inactive" if "inactive" in args and "all" not in args else "active"
        with failing((counted or failed).format(which=which)):
            found = listing()
    except errors.Error as error:
        raise Failure(failed, error) from error
    name = attrgetter(noun.type.identity.split()[0])
    return sorted(found, key=lambda handle: str(name(handle)).lower())
