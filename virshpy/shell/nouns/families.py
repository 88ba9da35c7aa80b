"""What families of commands share: the ``…-dumpxml``, ``…-define``, ``…-edit``, ``…-list`` commands and those that do
one thing to one object differ in the object only."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import flag
from virshpy.shell.render.results import Lines, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
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
