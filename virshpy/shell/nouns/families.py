"""What families of commands share: the ``…-dumpxml``, ``…-define``, ``…-edit``, ``…-list`` commands and those that do
one thing to one object differ in the object only."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import flag
from virshpy.shell.nouns.noun import call
from virshpy.shell.render.results import Lines, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result

    T = TypeVar("T")


VALIDATE = flag("validate", "refuse XML that the schema does not know")


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


def all_of(
    method: Callable[..., list[T]], flags: int, counted: str, failed: str = "", *, filtered: bool = False
) -> list[T]:
    """A list. Where a driver has none, virsh asks as old versions did and fails with the sentence ``counted``, or says
    that it cannot filter then; where the list fails otherwise, with ``failed``."""
    try:
        return call(method, flags=flags)
    except errors.NoSupport as error:
        if filtered:
            raise Failure("Filtering is not supported by this libvirt", error, quiet_cause=True) from error
        with failing(counted):
            return method()
    except errors.Error as error:
        raise Failure(failed or counted, error) from error


class Spoken(errors.InternalError):
    """internal error"""

    detailed = "%s"  # a second sentence of virsh's own, after the first


def given_flags(args: Arguments, flags: Mapping[str, int]) -> int:
    """The sum of what the given options stand for."""
    total = 0
    for name, value in flags.items():
        if name in args:
            total |= int(value)
    return total
