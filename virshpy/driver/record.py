"""The base of the values that rows take and return: libvirt's structures, with its units."""

from __future__ import annotations

from virshpy import enums
from virshpy.enums.numbers import known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar


class Record:
    """A small immutable-by-convention value: positional construction, equality and repr from ``__slots__``."""

    __slots__: tuple[str, ...] = ()
    _numbers: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        # ``state: DomainState | int`` becomes that member where the number is one that has a name.
        told = cls.__annotations__.items()
        cls._numbers = {field: kind[:-6] for field, kind in told if kind.endswith(" | int")}

    def __init__(self, *values: Any, **named: Any) -> None:
        for field, value in zip(self.__slots__, values, strict=False):
            setattr(self, field, value)
        for field, value in named.items():
            setattr(self, field, value)
        missing = [field for field in self.__slots__ if not hasattr(self, field)]
        if missing or len(values) > len(self.__slots__):
            raise TypeError(f"{type(self).__name__}: missing {missing}" if missing else "too many values")
        for field, kind in self._numbers.items():
            setattr(self, field, known(getattr(enums, kind), getattr(self, field)))

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{f}={getattr(self, f)!r}' for f in self.__slots__)})"
