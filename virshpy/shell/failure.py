"""What goes wrong, on its way to the user: a line that is no command line, and a command that failed."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Invocation, Option


# What a refusal of the shell's own is in libvirt's terms, by its kind.
_CODES = {
    "usage": "InvalidArg",
    "state": "OperationInvalid",
    "absent": "DeviceMissing",
    "denied": "OperationDenied",
    "unsupported": "OperationUnsupported",
    "failed": "InternalError",
}


class ParseError(Exception):
    """A line that virsh would refuse; ``messages`` are its sentences, ``command`` is the one that they are about."""

    command: str | None = None

    def __init__(self, *messages: str, hint: str | None = None) -> None:
        super().__init__(messages[0])
        self.messages = messages
        self.hint = hint


class UnclosedQuote(ParseError):
    """The line ends within quotes."""


class Failure(Exception):
    """A command that failed: the lines that a person reads, and the error beneath where there is one.

    ``message`` is the command's own sentence or None, ``also`` a second one; ``cause`` is printed after them unless
    ``quiet_cause``. ``hint`` and ``action`` say what to do, the cause's unless there is a hint of the command's own;
    without one :mod:`virshpy.shell.hints` looks for it, by the ``option`` that was being read and the ``arguments`` of
    the command among other things. ``called`` is what a command line begins with that goes to the same connection,
    whose URI is ``uri``.

    ``kind`` is the cause's (:data:`virshpy.errors.KINDS`). A refusal of the command's own is about how it was used
    unless it is given another; its code is then that of its kind.
    """

    option: Option | None = None
    arguments: Invocation | None = None
    called = "virshpy "
    uri = ""

    def __init__(
        self,
        message: str | None,
        cause: errors.Error | None = None,
        *,
        also: str | None = None,
        quiet_cause: bool = False,
        hint: str | None = None,
        action: tuple[str, ...] | None = None,
        kind: str = "usage",
    ) -> None:
        super().__init__(message)
        self.kind = cause.kind if cause else "failed" if message is None else kind
        self.message = message
        self.also = also
        self.cause = cause
        self.quiet_cause = quiet_cause
        self.hint, self.action = (cause.hint, cause.action) if cause and not hint else (hint, action)

    @property
    def code(self) -> tuple[int, str]:
        """libvirt's number, and its name."""
        told = self.cause or getattr(errors, _CODES[self.kind])
        return told.code, told.name

    @property
    def sentences(self) -> list[str]:
        """What is printed, line by line."""
        cause = None if self.cause is None or self.quiet_cause else self.cause.message
        return [sentence for sentence in (self.message, self.also, cause) if sentence is not None]


class Spoken(errors.Error, detailed="%s"):
    """internal error"""  # the message where there is no sentence of virsh's own about what a call may not be given


class failing:  # noqa: N801 - reads as a statement
    """``with failing("Failed to start domain 'x'"):`` puts the command's sentence before the driver's. ``others`` are
    its sentences before errors of other classes, by their names: ``NoSupport="…"``."""

    __slots__ = ("message", "others")

    def __init__(self, message: str, **others: str) -> None:
        self.message = message
        self.others = others

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, errors.Error):
            raise Failure(self.others.get(type(error).__name__, self.message), error) from error
