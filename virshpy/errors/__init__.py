"""The one tree of errors that virshpy raises, with libvirt's codes, domains and messages.

    Error                     everything below, nothing else crosses the public API
    ├── NoSupport             a driver has no such operation (VIR_ERR_NO_SUPPORT)
    ├── OperationInvalid      right request, wrong moment (domain is not running, …)
    ├── OperationDenied       read-only connection
    ├── XMLError, XMLDetail   documents that cannot be read
    ├── ConfigUnsupported     documents that are readable and impossible
    ├── NoDomain, DomainExist lookups and name clashes
    └── …                     one class for each of libvirt's codes, in the order of their numbers

A class's docstring is libvirt's bare message; ``detailed`` is its form with a detail, where no colon joins it.
An instance adds what libvirt does not have: ``hint``, one sentence on what to do about it, and the ``action`` that does
it, an operation of the contract and what it is done to: ``("domain_create_with_flags", "web")``. Each front end spells
actions in its own way; the sentence is whole without it.
"""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum
from virshpy.loading import module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.errors.codes import *  # noqa: F403


# What a caller can do about an error, where libvirt has a hundred codes: put the request right; wait, or bring the
# object into another state; choose another object; ask for rights; do without; look at the host (all the rest).
KINDS = ("usage", "state", "absent", "denied", "unsupported", "failed")


class ErrorDomain(IntEnum):
    """virErrorDomain: which part of the program speaks (VIR_FROM_*)."""

    NONE = 0
    XML = 5
    DOM = 6
    RPC = 7
    CONF = 9
    QEMU = 10
    NET = 11
    TEST = 12
    REMOTE = 13
    STORAGE = 18
    NETWORK = 19
    DOMAIN = 20
    NODEDEV = 22
    SECURITY = 24
    INTERFACE = 26
    SECRET = 30
    CPU = 31
    NWFILTER = 33
    HOOK = 34
    DOMAIN_SNAPSHOT = 35
    SYSINFO = 37
    STREAMS = 38
    EVENT = 40
    LOCKING = 42
    CAPABILITIES = 44
    URI = 45
    AUTH = 46
    DEVICE = 49
    SSH = 50
    CGROUP = 54
    FIREWALL = 59
    POLKIT = 60
    THREAD = 61
    ADMIN = 62
    LOGGING = 63
    PERF = 65
    RESCTRL = 67
    DOMAIN_CHECKPOINT = 69
    TPM = 70


class Error(Exception):
    """unknown error

    ``code`` (int, virErrorNumber), ``name`` (the C constant), ``kind`` (one of :data:`KINDS`), ``domain``
    (:class:`ErrorDomain`), ``message`` (libvirt's sentence with its detail), ``hint`` (str or None: what to do),
    ``action`` (the operation that does it, and words for it; or None).
    """

    code = 1
    name = "VIR_ERR_INTERNAL_ERROR"
    kind = "failed"
    detailed: str | None = None

    def __init_subclass__(
        cls,
        *,
        code: int | None = None,
        name: str | None = None,
        kind: str | None = None,
        detailed: str | None = None,
    ) -> None:
        cls.code, cls.name, cls.detailed = code or cls.code, name or cls.name, detailed or cls.detailed
        cls.kind = kind or cls.kind

    def __init__(
        self,
        detail: str | None = None,
        *,
        hint: str | None = None,
        action: tuple[str, ...] | None = None,
        domain: ErrorDomain = ErrorDomain.NONE,
    ) -> None:
        self.detail = detail
        self.hint = hint
        self.action = action
        self.domain = domain
        super().__init__(self.message)

    @property
    def message(self) -> str:
        bare = (type(self).__doc__ or "").partition("\n")[0]
        if self.detail is None:
            return bare
        return self.detailed.replace("%s", self.detail) if self.detailed else f"{bare}: {self.detail}"

    def __str__(self) -> str:
        return self.message


class Rehearsed(Exception):  # noqa: N818 - no error: it ends a verb that was only to be told about
    """The end of a rehearsal: ``lines`` are the commands that the verb amounts to on the host, comments among them."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(*lines)
        self.lines = lines


def __getattr__(name: str) -> Any:
    """A class for a code, when one is first needed: a command that meets no error does not pay the 0.9 ms of all."""
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        value = globals()[name] = getattr(module(f"{__name__}.codes"), name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return value
