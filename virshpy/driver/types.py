"""The values that rows of the contract take and return; libvirt's structures, with its units."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Stream(Protocol):
        """A two-way stream of bytes to a guest's device (virStream): blocking, raw."""

        def fileno(self) -> int: ...
        def send(self, data: bytes) -> int: ...
        def recv(self, count: int) -> bytes: ...
        def close(self) -> None: ...


class Record:
    """A small immutable-by-convention value: positional construction, equality and repr from ``__slots__``."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        for field, value in zip(self.__slots__, values, strict=False):
            setattr(self, field, value)
        for field, value in named.items():
            setattr(self, field, value)
        missing = [field for field in self.__slots__ if not hasattr(self, field)]
        if missing or len(values) > len(self.__slots__):
            raise TypeError(f"{type(self).__name__}: missing {missing}" if missing else "too many values")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{f}={getattr(self, f)!r}' for f in self.__slots__)})"


class DomainRef(Record):
    """remote_nonnull_domain: what names a domain to a driver. ``id`` is None while it is inactive."""

    __slots__ = ("name", "uuid", "id")
    name: str
    uuid: str
    id: int | None


class DomainInfo(Record):
    """virDomainInfo: state (DomainState), max_memory and memory in KiB, vcpus, cpu_time in nanoseconds."""

    __slots__ = ("state", "max_memory", "memory", "vcpus", "cpu_time")
    state: int
    max_memory: int
    memory: int
    vcpus: int
    cpu_time: int


class ControlInfo(Record):
    """virDomainControlInfo: state (ControlState), details (ControlErrorReason), state_time in milliseconds."""

    __slots__ = ("state", "details", "state_time")
    state: int
    details: int
    state_time: int


class NodeInfo(Record):
    """virNodeInfo: CPU model, memory in KiB, number of active CPUs, MHz, and the NUMA/socket/core/thread shape."""

    __slots__ = ("model", "memory", "cpus", "mhz", "nodes", "sockets", "cores", "threads")
    model: str
    memory: int
    cpus: int
    mhz: int
    nodes: int
    sockets: int
    cores: int
    threads: int


class SecurityModel(Record):
    """virSecurityModel: model and domain of interpretation."""

    __slots__ = ("model", "doi")
    model: str
    doi: str


class SecurityLabel(Record):
    """virSecurityLabel with its model (virSecurityModel): model, doi, label, enforcing."""

    __slots__ = ("model", "doi", "label", "enforcing")
    model: str
    doi: str
    label: str
    enforcing: bool
