"""Jobs on disks: their bandwidth, and waiting for them with a line that shows how far they are."""

from __future__ import annotations

from virshpy.shell.command import Failure, Option, option
from virshpy.shell.results import Text
from virshpy.shell.types import Size, Type, UInt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from virshpy.api.domain import Domain
    from virshpy.shell.command import Arguments
    from virshpy.shell.results import Result
    from virshpy.shell.session import Session

_INTERVAL = 0.5


class Bandwidth(Type):
    """A number; what it means depends on --bytes, so :func:`bandwidth` reads it."""

    word = "number"


def bandwidth_option() -> Option:
    return option("bandwidth", Bandwidth(), "most that it may copy, in MiB a second")


def bandwidth(args: Arguments, session: Session) -> int:
    """--bandwidth in MiB/s, or with --bytes in bytes/s; 0 is no limit. Raises Failure."""
    text = args["bandwidth"]
    if not text:
        return 0
    if "bytes" in args:
        return Size(1 << 20).convert(text, "bandwidth", session)
    try:
        return UInt(64).convert(text, "bandwidth", session)
    except Failure:
        pass
    try:
        return Size(1 << 20).convert(text, "--bandwidth", session) >> 20
    except Failure:
        raise Failure(
            f"Scaled numeric value '{text}' for <--bandwidth> option is malformed or out of range"
        ) from None


def progress(done: int, total: int) -> str:
    """``[ 42 %]``: 100 only when all is done."""
    share = 0 if not total and not done else 100 if done >= total else min(done * 100 // total, 99)
    return f"[{share:3} %]"


def wait_for(domain: Domain, args: Arguments, label: str) -> Generator[Result, None, str]:
    """Wait until the job on the disk is done, ready (a copy that has caught up) or cancelled by --timeout or Ctrl-C;
    its answer is ``complete``, ``ready`` or ``cancelled``."""
    from time import monotonic, sleep

    path = args["path"]
    limit = None if args["timeout"] is None else monotonic() + args["timeout"]
    verbose = "verbose" in args
    cancelled = False
    while True:
        info = domain.block_job_info(path)
        if info is None:
            return "cancelled" if cancelled else "complete"
        if verbose:
            yield Text("progress", f"\r{label}: {progress(info.cur, info.end)}", info.cur, end="")
        if info.cur == info.end and info.end and label != "Block Pull" and label != "Block Commit":
            return "ready"
        try:
            sleep(_INTERVAL)
            expired = limit is not None and monotonic() > limit
        except KeyboardInterrupt:
            expired = True
        if expired and not cancelled:
            from virshpy.enums import BlockJobAbortFlags

            domain.block_job_abort(path, BlockJobAbortFlags.ASYNC if "async" in args else 0)
            cancelled = True
            if "async" in args:
                return "cancelled"
