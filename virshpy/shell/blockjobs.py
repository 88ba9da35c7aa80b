"""Jobs on disks: their bandwidth, and waiting for them with a line that shows how far they are."""

from __future__ import annotations

from virshpy.enums import BlockJobAbortFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Constraint, OneOf, Option, option
from virshpy.shell.lang.types import Size, Timeout, Type, Wrapping
from virshpy.shell.render.results import Message, Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments, Invocation
    from virshpy.shell.render.results import Result


class Bandwidth(Type):
    """A number; what it means depends on --bytes, so :func:`bandwidth` reads it."""

    word = "number"
    empty_ok = True


class ReadsBandwidth(Constraint):
    """The place among the rules where the bandwidth is read."""

    __slots__ = ()

    def names(self) -> tuple[str, ...]:
        return ("bandwidth",)

    def check(self, args: Invocation) -> None:
        bandwidth(args)


def waiters_only(*options: str) -> Iterator[Constraint]:
    """--verbose and --async are for those who wait, which each of ``options`` does."""
    *others, last = (f"--{name}" for name in options)
    for name in ("verbose", "async"):
        complaint = f"--{name} requires at least one of {', '.join(others)}, or {last}"
        yield OneOf(*options, beside=name, complaint=complaint)


def timeout_option() -> Option:
    return option("timeout", Timeout(), "with --wait: cancel the job after N seconds")


def bandwidth_option() -> Option:
    return option("bandwidth", Bandwidth(), "maximum bandwidth, in MiB/s")


def bandwidth(args: Invocation) -> int:
    """--bandwidth in MiB/s, or with --bytes in bytes/s; 0 is no limit. Raises Failure."""
    if "bandwidth" not in args:
        return 0
    text = args.text("bandwidth")
    if "bytes" not in args:
        try:
            return Wrapping().convert(text, "bandwidth")
        except Failure:
            pass
    number = Size(1 << 20).convert(text, "--bandwidth")
    return number if "bytes" in args else number >> 20


def progress(done: int, total: int) -> str:
    """``[ 42 %]``: 100 only when all is done."""
    return f"[{Progress('', done, total, asked=True).percent:3} %]"


def follow(
    domain: Domain, args: Arguments, label: str, *, waits: bool, ends: bool = False, phase: str = "", kept: str = ""
) -> Iterable[Result]:
    """What is told of a job that was begun: that it was, or where one waits how it ended. A copy that has caught up is
    in a ``phase``, or with ``ends`` is pivoted to or ``kept``."""
    told, verb = {"end": "", "domain": domain.name}, label.split()[-1]
    if not waits:
        yield Message(f"{label} started", outcome="started", **told)
        return
    outcome = yield from _wait_for(domain, args, label)
    if outcome == "complete":
        yield Message(f"{verb} complete", outcome=outcome, **told)
    elif outcome == "cancelled":
        yield Message(f"\n{verb} aborted", outcome=outcome, **told)
        raise Failure(None)
    elif not ends:
        yield Message(f"\nNow in {phase} phase", outcome=outcome, **told)
    else:
        pivot, path = "pivot" in args, args["path"]
        flags = BlockJobAbortFlags.PIVOT if pivot else BlockJobAbortFlags.ASYNC if "async" in args else 0
        with failing(f"failed to {'pivot' if pivot else 'finish'} job for disk {path}"):
            domain.block_job_abort(path, flags=flags)
        sentence, outcome = ("Successfully pivoted", "pivoted") if pivot else (kept, "kept")
        yield Message(f"\n{sentence}", outcome=outcome, **told)


def _wait_for(domain: Domain, args: Arguments, label: str) -> Generator[Result, None, str]:
    """Wait until the job on the disk is done, ready (a copy that has caught up) or cancelled by --timeout or Ctrl-C;
    its answer is ``complete``, ``ready`` or ``cancelled``."""
    from time import monotonic, sleep

    from virshpy.shell.progress import INTERVAL, Interrupts

    path = args["path"]
    seconds = args["timeout"]
    limit = None if seconds is None else monotonic() + seconds
    cancelled = False
    with Interrupts() as interrupts:
        while True:
            info = domain.block_job_info(path)
            if info is None:
                return "cancelled" if cancelled else "complete"
            yield Progress(label, info.cur, info.end, asked="verbose" in args)
            if info.cur == info.end and info.end and label != "Block Pull" and label != "Block Commit":
                return "ready"
            sleep(INTERVAL)
            expired = interrupts.any() or (limit is not None and monotonic() > limit)
            if expired and not cancelled:
                domain.block_job_abort(path, flags=BlockJobAbortFlags.ASYNC if "async" in args else 0)
                cancelled = True
                if "async" in args:
                    return "cancelled"
