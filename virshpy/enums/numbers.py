"""Enumerations and flag sets of numbers, with the behaviour of the standard library's IntEnum and IntFlag.

Those cost 0.1 ms and more a class and 3 ms to import, which every command would pay: a list of domains needs twenty. A
class here costs a tenth of that. Members are ints with ``name`` and ``value``; a class is called with a number or asked
by name (``DomainState(1)``, ``DomainState["RUNNING"]``), and iterated. Type checkers take them for the standard ones.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum as IntEnum
    from enum import IntFlag as IntFlag
    from typing import Any, TypeVar

    N = TypeVar("N", bound=IntEnum)


def known(kind: type[N], number: int) -> N | int:
    """The member of that number; a number that a later release of libvirt has given a name to stays one."""
    try:
        return kind(number)
    except ValueError:
        return number


class Numbered(type):
    """Makes members of the numbers in a class's body; the second name of a number means the first one's member."""

    __members__: dict[str, Any]
    _by_value: dict[int, Any]

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Numbered:
        numbers = {key: body.pop(key) for key, value in list(body.items()) if type(value) is int and key[:2] != "__"}
        made: Any = super().__new__(cls, name, bases, body)
        made.__members__ = {}
        made._by_value = {}
        for key, value in numbers.items():
            member = made._by_value.get(value)
            if member is None:
                member = made._by_value[value] = int.__new__(made, value)
                member.name = key
            made.__members__[key] = member
            setattr(made, key, member)
        finished: Numbered = made
        return finished

    def __getitem__(cls, name: str) -> Any:
        return cls.__members__[name]

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._by_value.values())

    def __len__(cls) -> int:
        return len(cls._by_value)

    def __contains__(cls, value: object) -> bool:
        return value in cls._by_value


class NumberedFlags(Numbered):
    """As with the standard library's, only members of one bit are iterated: the rest are names for combinations."""

    _combined: dict[int, Any]

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> None:
        super().__init__(name, bases, body)
        cls._combined = {}  # those that somebody asked for

    def __iter__(cls) -> Iterator[Any]:
        return (member for value, member in cls._by_value.items() if value > 0 and not value & (value - 1))

    def __len__(cls) -> int:
        return sum(1 for _ in cls)


if not TYPE_CHECKING:

    class IntEnum(int, metaclass=Numbered):
        """One of several numbers. Called with one that is none of them, it raises ValueError."""

        name: str

        def __new__(cls, value):
            try:
                return cls._by_value[value]
            except KeyError:
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        @property
        def value(self):
            return int(self)

        __str__ = int.__repr__

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {int(self)}>"

    class IntFlag(int, metaclass=NumberedFlags):
        """Bits, each with a name. Any number is a combination of them; bits without a name are kept."""

        name: str | None

        def __new__(cls, value):
            known = cls._by_value.get(value)
            if known is None:
                known = cls._combined.get(value)
            if known is None:
                known = cls._combined[value] = int.__new__(cls, value)
                known.name = "|".join(member.name for member in known) or None
            return known

        @property
        def value(self):
            return int(self)

        def __iter__(self):
            return (member for member in type(self) if int.__and__(member, self))

        def __contains__(self, other):
            return int.__and__(self, other) == other

        def __or__(self, other):
            return type(self)(int.__or__(self, other))

        def __and__(self, other):
            return type(self)(int.__and__(self, other))

        def __xor__(self, other):
            return type(self)(int.__xor__(self, other))

        __ror__ = __or__
        __rand__ = __and__
        __rxor__ = __xor__
        __str__ = int.__repr__

        def __repr__(self):
            return f"<{type(self).__name__}{f'.{self.name}' if self.name else ''}: {int(self)}>"
