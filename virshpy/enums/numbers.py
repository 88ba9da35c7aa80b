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
    """A class of numbers. A member is made when it is first asked for: of hundreds that a command loads it uses few.
    The second name of a number means the first one's member."""

    _numbers: dict[str, int]  # of every name
    _members: dict[int, Any]  # those that somebody asked for

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Numbered:
        numbers = {key: body.pop(key) for key, value in list(body.items()) if type(value) is int and key[:2] != "__"}
        return super().__new__(cls, name, bases, {**body, "_numbers": numbers, "_members": {}})

    def __getattr__(cls, name: str) -> Any:
        if name not in cls._numbers:
            raise AttributeError(f"{cls.__name__} has no number {name!r}")
        member = cls[name]
        setattr(cls, name, member)
        return member

    def __getitem__(cls, name: str) -> Any:
        return cls.of(cls._numbers[name])

    def of(cls, number: int) -> Any:
        """The member of a number, or None."""
        member = cls._members.get(number)
        if member is None and number in cls._numbers.values():
            kind: Any = cls
            member = cls._members[number] = int.__new__(kind, number)
            member.name = next(name for name, value in cls._numbers.items() if value == number)
        return member

    @property
    def __members__(cls) -> dict[str, Any]:
        return {name: cls[name] for name in cls._numbers}

    def __dir__(cls) -> list[str]:
        return [*super().__dir__(), *cls._numbers]

    def __iter__(cls) -> Iterator[Any]:
        return map(cls.of, dict.fromkeys(cls._numbers.values()))

    def __len__(cls) -> int:
        return sum(1 for _ in cls)

    def __contains__(cls, value: object) -> bool:
        return value in cls._numbers.values()


class NumberedFlags(Numbered):
    """As with the standard library's, only members of one bit are iterated: the rest are names for combinations."""

    def __iter__(cls) -> Iterator[Any]:
        return (member for member in super().__iter__() if member > 0 and not int.__and__(member, member - 1))


if not TYPE_CHECKING:

    class IntEnum(int, metaclass=Numbered):
        """One of several numbers. Called with one that is none of them, it raises ValueError."""

        name: str

        def __new__(cls, value):
            member = cls.of(value)
            if member is None:
                raise ValueError(f"{value!r} is not a valid {cls.__name__}")
            return member

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
            member = cls.of(value)
            if member is None:
                member = cls._members[value] = int.__new__(cls, value)
                member.name = "|".join(bit.name for bit in member) or None
            return member

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
