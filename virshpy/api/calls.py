"""Methods that are one row of the contract: their signature, docstring and C name are the row's.

    class Network(Handle):
        destroy = calls(Driver.network_destroy)
        list_ports = lists(Driver.network_list_all_ports, kinds.network_port)

Arguments go to the row as they are given. A method of a handle passes its ``ref`` before them.
"""

from __future__ import annotations

from os.path import abspath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

    from virshpy.api.handle import Handle

    P = ParamSpec("P")
    R = TypeVar("R")
    T = TypeVar("T")
    H = TypeVar("H", bound=Handle)

    class Method(Generic[P, R]):
        def __get__(self, handle: object, owner: type) -> Callable[P, R]: ...


class Call:
    """A method of a class of handles. ``inspect`` and ``help`` know it as one."""

    given = 1  # how many arguments of the row come from the handle
    first: Callable[[Any], Any] | None = None  # what the first argument becomes
    result: Callable[[Any, Any], Any] | None = None  # what the handle makes of the row's answer
    kind: str | Callable[[], type] = ""  # what the answer becomes, for the signature

    # Hundreds are made and few are called: what is particular to one is set, and the name is looked for when asked.
    def __init__(self, row: Any, **particular: Any) -> None:
        self.row = row
        if particular:
            vars(self).update(particular)

    def __get__(self, handle: Any, owner: type) -> Bound:
        return Bound(self, handle, owner)


class Bound:
    """The method of one handle; or, without a handle, of its class."""

    __slots__ = ("call", "handle", "owner")

    def __init__(self, call: Call, handle: Any, owner: type) -> None:
        self.call = call
        self.handle = handle
        self.owner = owner

    def __get__(self, handle: object, owner: type) -> Bound:
        return self  # that there is one makes it a method to inspect

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call, handle = self.call, self.handle
        if handle is None:
            return Bound(call, args[0], self.owner)(*args[1:], **kwargs)
        if call.first is not None and args:
            args = (call.first(args[0]), *args[1:])
        row = getattr(handle.driver, call.row.name)
        answer = row(handle.ref, *args, **kwargs) if call.given else row(*args, **kwargs)
        return answer if call.result is None else call.result(handle, answer)

    @property
    def __name__(self) -> str:
        for base in self.owner.__mro__:
            for name, value in vars(base).items():
                if value is self.call:
                    return name
        raise AttributeError("__name__")

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        row = self.call.row.row
        more = row.declaration.__doc__
        return f"{row.c_name}: {more}" if more else str(row.c_name)

    @property
    def __signature__(self) -> Any:
        from inspect import signature

        call = self.call
        declared = signature(call.row.row.declaration)
        own, *others = declared.parameters.values()
        others = others[call.given :]
        answer = declared.return_annotation
        if call.kind:
            kind = call.kind if isinstance(call.kind, str) else call.kind().__name__
            answer = f"list[{kind}]" if answer.startswith("list[") else kind
        return declared.replace(
            parameters=others if self.handle is not None else [own, *others], return_annotation=answer
        )


def calls(row: Callable[Concatenate[Any, Any, P], R]) -> Method[P, R]:
    """A method of a handle that is a row."""
    return Call(row)  # type: ignore[return-value]


def makes(row: Callable[Concatenate[Any, Any, P], R], make: Callable[[R], T], kind: str = "") -> Method[P, T]:
    """The same where the answer becomes something with names."""
    return Call(row, result=lambda handle, answer: make(answer), kind=kind)  # type: ignore[return-value]


def becomes(row: Callable[Concatenate[Any, Any, P], Any]) -> Method[P, None]:
    """The same where the row answers with the reference that the handle has from then on."""

    def become(handle: Any, ref: Any) -> None:
        handle.ref = ref

    return Call(row, result=become, kind="None")  # type: ignore[return-value]


def gives(row: Callable[Concatenate[Any, Any, P], Any], kind: Callable[[], type[H]]) -> Method[P, H]:
    """The same where the row answers with a reference to another object; ``kind`` loads the class of its handles."""
    return Call(row, result=lambda handle, ref: kind()(handle, ref), kind=kind)  # type: ignore[return-value]


def lists(row: Callable[Concatenate[Any, Any, P], Any], kind: Callable[[], type[H]]) -> Method[P, list[H]]:
    """The same where the row answers with references to others."""
    return Call(row, result=lambda handle, refs: _handles(handle, refs, kind()), kind=kind)  # type: ignore[return-value]


def writes_to(row: Callable[Concatenate[Any, Any, P], R]) -> Method[P, R]:
    """The same where the first argument is a path: relative ones are the caller's."""
    return Call(row, first=abspath)  # type: ignore[return-value]


def asks(row: Callable[Concatenate[Any, P], R]) -> Method[P, R]:
    """A method of a connection that is a row."""
    return Call(row, given=0)  # type: ignore[return-value]


def asks_and_makes(row: Callable[Concatenate[Any, P], R], make: Callable[[R], T], kind: str = "") -> Method[P, T]:
    """The same where the answer becomes something with names."""
    return Call(row, result=lambda handle, answer: make(answer), kind=kind, given=0)  # type: ignore[return-value]


def finds(row: Callable[Concatenate[Any, P], Any], kind: Callable[[], type[H]]) -> Method[P, H]:
    """The same where the row answers with a reference."""
    return Call(row, result=lambda handle, ref: kind()(handle, ref), kind=kind, given=0)  # type: ignore[return-value]


def finds_all(row: Callable[Concatenate[Any, P], Any], kind: Callable[[], type[H]]) -> Method[P, list[H]]:
    """The same where the row answers with references."""
    return Call(row, result=lambda handle, refs: _handles(handle, refs, kind()), kind=kind, given=0)  # type: ignore[return-value]


def reads_from(row: Callable[Concatenate[Any, P], R]) -> Method[P, R]:
    """The same where the first argument is a path: relative ones are the caller's."""
    return Call(row, given=0, first=abspath)  # type: ignore[return-value]


def hears(
    row: Callable[Concatenate[Any, Any, P], int], kind: Callable[[], type[H]]
) -> Method[Concatenate[H | None, P], int]:
    """The same where the first argument is the object to hear of; with None it is all of them."""
    return Call(row, given=0, first=lambda handle: handle and handle.ref)  # type: ignore[return-value]


def _handles(origin: Any, refs: Any, kind: type[H]) -> list[H]:
    return [kind(origin, ref) for ref in refs]
