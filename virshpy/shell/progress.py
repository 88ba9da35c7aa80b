"""Runs long work in a thread of its own, reports its progress, and cancels it on Ctrl-C."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.render.readable import scaled
from virshpy.shell.render.results import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import TypeVar

    from virshpy.api.domain import Domain
    from virshpy.shell.session import Session

    T = TypeVar("T")

INTERVAL = 0.5  # seconds between two looks, as with virsh


class Interrupts:
    """While it is entered, Ctrl-C is counted. As an exception it could come in the middle of a line of progress, or of
    a visit to the guest."""

    def __init__(self) -> None:
        self._heard = 0

    def __enter__(self) -> Interrupts:
        import signal

        self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        import signal

        signal.signal(signal.SIGINT, self._before)

    def _hear(self, *_: object) -> None:
        self._heard += 1

    def any(self) -> bool:
        """Whether there was one since this was asked last."""
        heard, self._heard = self._heard, 0
        return heard > 0


def watched(
    label: str,
    work: Callable[[], object],
    measure: Callable[[], tuple[int, int] | None],
    cancel: Callable[[], None],
    *,
    asked: bool,
    later: tuple[int, Callable[[], None]] | None = None,
) -> Iterator[Progress]:
    """Do ``work`` to its end, and raise what it raises.

    ``measure`` says (done, total) while it lasts, or None where that is not known. Ctrl-C calls ``cancel`` and goes on
    waiting: the work ends by that, and tells how. ``later`` is what to call once, and after how many seconds.
    """
    import threading
    from time import monotonic

    over = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            over.set()

    began = monotonic()
    until = began + later[0] if later else None
    shown = asked
    with Interrupts() as interrupts:
        threading.Thread(target=run, daemon=True).start()
        try:
            while not over.wait(INTERVAL):
                if interrupts.any():
                    _tried(cancel)
                if later and until is not None and monotonic() >= until:
                    until = None
                    _tried(later[1])
                step = _measured(measure)
                if step is not None:
                    shown = True
                    yield Progress(label, *step, asked=asked, pace=pace(*step, monotonic() - began))
        finally:
            # Whoever listened may have gone: the output takes no more.
            if not over.is_set():
                _tried(cancel)
                over.wait()
    if failures:
        raise failures[0]
    if shown:
        yield Progress(label, 1, 1, asked=asked)


def pace(done: int, total: int, seconds: float) -> str:
    """How fast bytes go, and how long the rest of them will take."""
    if seconds <= 0 or not 0 < done < total:
        return ""
    rate = done / seconds
    left = round((total - done) / rate)
    hours, minutes = left // 3600, left // 60 % 60
    shown = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
    return f"{scaled(int(rate))}/s  {shown} left"


def transfer(label: str, session: Session, work: Callable[[], T]) -> Generator[Progress, None, T]:
    """:func:`watched` for what moves a volume's data; what it gives is returned. Where nobody would see a bar, the work
    is simply done: a signal then breaks it off where it stands."""
    if not session.renderer.shows_bars():
        return work()
    connection = session.connection
    given: list[T] = []
    yield from watched(label, lambda: given.append(work()), connection.progress, connection.cancel, asked=False)
    return given[0]


def domain_job(
    label: str,
    domain: Domain,
    work: Callable[[], object],
    *,
    asked: bool,
    later: tuple[int, Callable[[], None]] | None = None,
) -> Iterator[Progress]:
    """:func:`watched` for what libvirt calls a job of a domain: saving, dumping, migrating."""

    def measure() -> tuple[int, int] | None:
        job = domain.job_info()
        return (job.data_total - job.data_remaining, job.data_total) if job.data_total else None

    return watched(label, work, measure, domain.abort_job, asked=asked, later=later)


def _tried(action: Callable[[], None]) -> None:
    """What does not help is no failure of the work: that goes on, and has the last word."""
    try:
        action()
    except errors.Error:
        pass


def _measured(measure: Callable[[], tuple[int, int] | None]) -> tuple[int, int] | None:
    try:
        return measure()
    except errors.Error:
        return None
