"""What a row of the contract is, and what every call through one obeys.

A row is a method declared with :func:`operation`: its name is the C API's name in snake case without ``vir``, its
docstring says what goes in and comes out, and it knows whether it changes something and which flags exist. A driver
overrides the rows that it can do; the rest raise :class:`~virshpy.errors.NoSupport` with the C name, as virsh does.

Overriding is enough: :class:`Contract` wraps each override so that read-only connections, unknown flags and the
origin of an error (virErrorDomain) are handled in one place for every driver and every row.
"""

from __future__ import annotations

from functools import wraps

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])


class _UnsupportedFlags(errors.InvalidArg):
    """invalid argument"""

    detailed = "%s"  # libvirt says this one without the words of its code


class Row:
    """One operation: ``c_name``, ``writes``, ``flags`` (an IntFlag type or None), ``secure`` (flags that a read-only
    connection may not use because they reveal secrets)."""

    __slots__ = ("c_name", "writes", "flags", "secure")

    def __init__(self, c_name: str, writes: bool, flags: Any, secure: int) -> None:
        self.c_name = c_name
        self.writes = writes
        self.flags = flags
        self.secure = secure


def operation(c_name: str, *, writes: bool = False, flags: Any = None, secure: int = 0) -> Callable[[F], F]:
    """Declare a row. The body is never run: a driver that does not override it answers NoSupport."""
    row = Row(c_name, writes, flags, secure)

    def declare(declaration: F) -> F:
        @wraps(declaration)
        def unsupported(self: Contract, *args: Any, **kwargs: Any) -> Any:
            if self.readonly and row.writes:
                raise errors.OperationDenied(f"read only access prevents {row.c_name}", domain=errors.ErrorDomain.DOM)
            raise errors.NoSupport(row.c_name, domain=self.error_domain)

        unsupported.row = row  # type: ignore[attr-defined]
        return unsupported  # type: ignore[return-value]

    return declare


def accepts(flags: int) -> Callable[[F], F]:
    """Narrow the flags of one override to those that this driver honours; others are refused by name of the call."""

    def mark(method: F) -> F:
        method.accepted = int(flags)  # type: ignore[attr-defined]
        return method

    return mark


class Contract:
    """Base of the groups of rows; guards every override."""

    error_domain = errors.ErrorDomain.NONE
    function_prefix = "vir"  # how libvirt's driver of this kind names its functions
    readonly = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, method in list(vars(cls).items()):
            row = next((r for base in cls.__mro__[1:] if (r := getattr(vars(base).get(name), "row", None))), None)
            if row is not None and not hasattr(method, "row"):
                setattr(cls, name, _guarded(row, method))


def rows(contract: type[Contract]) -> dict[str, Row]:
    """Every row that a class has, by method name."""
    found = ((name, getattr(contract, name)) for name in dir(contract))
    return {name: method.row for name, method in found if hasattr(method, "row")}


def _guarded(row: Row, method: Callable[..., Any]) -> Callable[..., Any]:
    known: int | None = getattr(method, "accepted", None)
    if known is None and row.flags is not None:
        known = 0
        for member in row.flags:
            known |= int(member)

    @wraps(method)
    def guarded(self: Contract, *args: Any, flags: int = 0, **kwargs: Any) -> Any:
        if self.readonly and row.writes:
            raise errors.OperationDenied(f"read only access prevents {row.c_name}", domain=errors.ErrorDomain.DOM)
        if flags:
            if self.readonly and flags & row.secure:
                raise errors.OperationDenied(f"{row.c_name} with secure flag", domain=errors.ErrorDomain.DOM)
            if unknown := flags & ~(known or 0):
                function = row.c_name.replace("vir", self.function_prefix, 1)
                raise _UnsupportedFlags(f"unsupported flags (0x{unknown:x}) in function {function}")
        if row.flags is not None:
            kwargs["flags"] = flags
        try:
            return method(self, *args, **kwargs)
        except errors.Error as error:
            if error.domain is errors.ErrorDomain.NONE:
                error.domain = self.error_domain
            raise

    guarded.row = row  # type: ignore[attr-defined]
    return guarded
