"""What a row of the contract is, and what every call through one obeys.

A row is a method declared with ``@operation(…)``: its name is the C API's name in snake case without ``vir``, its
docstring says what goes in and comes out, and it knows whether it changes something and which flags exist. Rows are
in groups. A driver's class for a group is a *part* of it: it overrides the rows that it can do; the rest raise
:class:`~virshpy.errors.NoSupport` with the C name, as virsh does.

Overriding is enough: :class:`Contract` wraps each override so that read-only connections, unknown flags and the
origin of an error (virErrorDomain) are handled in one place for every driver and every row.
"""

from __future__ import annotations

from virshpy import enums, errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from virshpy.driver.registry import Driver

    F = TypeVar("F", bound=Callable[..., Any])


class Row:
    """One operation, declared by this as a decorator; then an attribute of its group, of which a call says that it is
    not supported unless a part overrides it. The body of its ``declaration`` is never run.

    ``flags`` names the class in virshpy.enums of its flags, ``secure`` those of them that reveal secrets, which a
    read-only connection may not use. Without the parameters in ``newer`` a call *is* the older one, ``plain``. Where
    that is not the same as no flags, it stands for those in ``plainly``: ``virDomainAttachDevice`` is about the domain
    as it runs. ``params`` is the table of the typed parameters that it takes or gives (virshpy.enums.parameters), and
    ``carries`` says what else than values goes over: ``stream``, ``callback``, ``descriptors``.
    """

    __slots__ = (
        "c_name", "writes", "_flags", "_secure", "plain", "newer", "_plainly", "params", "carries", "declaration"
    )  # fmt: skip

    def __init__(
        self,
        c_name: str,
        *,
        writes: bool = False,
        flags: str | None = None,
        secure: str = "",
        plain: str | None = None,
        newer: str = "flags",
        plainly: str = "",
        params: str | None = None,
        carries: str | None = None,
    ) -> None:
        self.c_name = c_name
        self.writes = writes
        self._flags = flags
        self._secure = secure
        self.plain = plain
        self.newer = newer
        self._plainly = plainly
        self.params = params
        self.carries = carries

    def __call__(self, declaration: F) -> F:
        self.declaration: Any = declaration
        return self  # type: ignore[return-value]

    @property
    def row(self) -> Row:
        """Itself, as an override has it too."""
        return self

    @property
    def flags(self) -> Any:
        """Made when it is first asked for: two hundred of these are not."""
        return getattr(enums, self._flags) if self._flags else None

    @property
    def has_flags(self) -> bool:
        return self._flags is not None

    @property
    def secure(self) -> int:
        return sum(int(self.flags[word]) for word in self._secure.split())

    @property
    def plainly(self) -> int:
        return sum(int(self.flags[word]) for word in self._plainly.split())

    def called(self, args: Any, kwargs: Any) -> str:
        """The C name of a call: that of the older one where it can do what is asked, as virsh would make it."""
        if self.plain is None:
            return self.c_name
        code = self.declaration.__code__
        given = {**dict(zip(code.co_varnames[1 : code.co_argcount], args, strict=False)), **kwargs}
        # Flags that are given are the newer call's, also where they are 0.
        newer = any(given.get(name) or (name == "flags" and name in given) for name in self.newer.split())
        return self.c_name if newer else self.plain

    def __get__(self, part: Contract | None, owner: type) -> Any:
        return self if part is None else Unsupported(self, part)


class Unsupported:
    """A row of a driver that has no such operation."""

    __slots__ = ("row", "part")

    def __init__(self, row: Row, part: Contract) -> None:
        self.row = row
        self.part = part

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        called = self.row.called(args, kwargs)
        if self.part.driver.readonly and self.row.writes:
            raise _denied(called)
        raise errors.NoSupport(called, domain=self.part.driver.error_domain)


def _denied(called: str) -> errors.OperationDenied:
    return errors.OperationDenied(f"read only access prevents {called}", domain=errors.ErrorDomain.DOM)


operation = Row


def accepts(flags: int) -> Callable[[F], F]:
    """Narrow the flags of one override to those that this driver honours; others are refused by name of the call."""

    def mark(method: F) -> F:
        method.accepted = int(flags)  # type: ignore[attr-defined]
        return method

    return mark


class Contract:
    """Base of the groups of rows, and so of a driver's parts; guards every override.

    A part is made when one of its rows is first called, of the ``place`` that all parts of its driver share. What
    another part answers it asks of ``driver``.
    """

    driver: Driver
    error_domain = errors.ErrorDomain.NONE  # a part may speak for a domain of its own; else it is the driver's

    def __init__(self, place: Any) -> None:
        self.place = place

    def close(self) -> None:
        """Let go of what only this connection holds."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, method in list(vars(cls).items()):
            row = next((r for base in cls.__mro__[1:] if (r := getattr(vars(base).get(name), "row", None))), None)
            if row is not None and not hasattr(method, "row"):
                setattr(cls, name, _guarded(row, method))


def rows(contract: type[Contract]) -> dict[str, Row]:
    """Every row that a class has, by method name."""
    found = ((name, getattr(contract, name)) for name in dir(contract))
    return {name: method.row for name, method in found if isinstance(getattr(method, "row", None), Row)}


def _guarded(row: Row, method: Callable[..., Any]) -> Callable[..., Any]:
    has_flags = row.has_flags

    def guarded(self: Contract, *args: Any, **kwargs: Any) -> Any:
        if row.writes and self.driver.readonly:
            raise _denied(row.called(args, kwargs))
        if flags := kwargs.get("flags"):
            _check_flags(self.driver, row, method, flags)
        elif has_flags and flags is None:
            kwargs["flags"] = row.plainly
        if row.writes and self.driver.rehearsing:
            self.driver.rehearsed(row)
        try:
            return method(self, *args, **kwargs)
        except errors.Error as error:
            if error.domain is errors.ErrorDomain.NONE:
                error.domain = self.error_domain or self.driver.error_domain
            raise
        except UnicodeEncodeError as error:
            raise no_text(error) from None
        except RuntimeError as error:
            # Ctrl-C while a class is made, in an import on the way: Python wraps what __set_name__ raises.
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise error.__cause__ from None
            raise

    # What functools.wraps would do, without the import of it: hundreds of methods are guarded, few are looked at.
    guarded.__wrapped__ = method  # type: ignore[attr-defined]
    guarded.__name__ = method.__name__
    guarded.__qualname__ = method.__qualname__
    guarded.__doc__ = method.__doc__
    guarded.row = row  # type: ignore[attr-defined]
    return guarded


def no_text(error: UnicodeEncodeError) -> errors.InvalidArg:
    """For what a user gave that holds bytes which are no text. A path may; what is looked up or stored may not."""
    return errors.InvalidArg(f"'{error.object}' is not valid UTF-8", hint="names and texts are UTF-8")


def _check_flags(driver: Driver, row: Row, method: Callable[..., Any], flags: int) -> None:
    if driver.readonly and flags & row.secure:
        raise errors.OperationDenied(f"{row.c_name} with secure flag", domain=errors.ErrorDomain.DOM)
    known: int | None = getattr(method, "accepted", None)
    if known is None:
        known = 0
        for member in row.flags or ():
            known |= int(member)
    if unknown := flags & ~known:
        function = row.c_name.replace("vir", driver.function_prefix, 1)
        raise errors.Misuse(f"unsupported flags (0x{unknown:x}) in function {function}")
