"""Waiting for events and printing them: what all ``…-event`` commands do."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Option, command, flag, option
from virshpy.shell.lang.types import Choice, Timeout
from virshpy.shell.render.results import Lines, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from virshpy.api.connection import Connection
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.lang.types import Type
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

    # Takes what an event is about and what it carries, and gives the sentence and its data.
    Describe = Callable[[Any, dict[str, Any]], str]

LOOP = flag("loop", "print every event until the timeout or Ctrl-C, not only the first")
TIMEOUT = option("timeout", Timeout(), "give up after N seconds", late=True)
LIST = flag("list", "list the kinds of events")
TIMESTAMP = flag("timestamp", "print the time of each event")


def watch(
    session: Session,
    args: Arguments,
    register: Callable[[Callable[..., None]], list[int]],
    deregister: Callable[[int], None],
    describe: Callable[..., tuple[str, dict[str, Any]]],
) -> Iterable[Result]:
    """Register, wait, print, and let go again. ``register(callback)`` gives the numbers of its registrations;
    ``describe`` turns what the callback gets into a sentence and data, ``event`` among it. Raises Failure where nothing
    has happened."""
    from queue import SimpleQueue

    heard: SimpleQueue[tuple[tuple[Any, ...], dict[str, Any]]] = SimpleQueue()
    limit = _limit(args)
    numbers = register(lambda *about, **carried: heard.put((about, carried)))
    count = 0
    ended = None
    try:
        while ended is None:
            try:
                event = _next(heard, limit)
            except KeyboardInterrupt:
                ended = "event loop interrupted"
                continue
            if event is None:
                ended = "event loop timed out"
                continue
            count += 1
            sentence, data = describe(*event[0], **event[1])
            stamp = f"{_now()}: " if "timestamp" in args else ""
            yield Text("event", stamp + sentence, data.pop("event"), **data)
            if "loop" not in args:
                break
    finally:
        for number in numbers:
            deregister(number)
    if ended:
        yield Message(ended, received=count)
    yield Message(f"events received: {count}", received=count)
    if not count:
        raise Failure(None)


def _limit(args: Arguments) -> float | None:
    """The time on the clock at which --timeout is over."""
    from time import monotonic

    if args["timeout"] is None:
        return None
    return monotonic() + float(args["timeout"])


def _next(heard: Any, limit: float | None) -> Any:
    from queue import Empty
    from time import monotonic

    try:
        return heard.get(timeout=None if limit is None else max(limit - monotonic(), 0))
    except Empty:
        return None


def _now() -> str:
    from time import localtime, strftime, time

    now = time()
    return strftime("%Y-%m-%d %H:%M:%S", localtime(now)) + f".{int(now * 1000) % 1000:03}" + strftime("%z")


def declare_event(
    name: str,
    noun: str,
    target: tuple[str, Type],
    kinds: Sequence[str],
    register: Callable[[Connection, Any, int, Callable[..., None]], int],
    deregister: Callable[[Connection, int], None],
    lifecycle: Sequence[str],
    shown: Callable[[Any], str] = lambda ref: str(ref.name),
) -> None:
    """``net-event`` and its like: ``kinds`` of events by number, and the words of the first kind, lifecycle."""
    about: Option = option(target[0], target[1], f"only events of this {noun}", late=True)

    @command(
        name,
        f"wait for events of {noun}s",
        f"Wait for something to happen to a {noun}, and print it. Or list the kinds\nof events.",
        (about, option("event", Choice(*kinds), "which kind to wait for", late=True), LOOP, TIMEOUT, LIST, TIMESTAMP),
        examples=((f"{name} --list", "what --event may name"), (f"{name} --event lifecycle --loop", "until Ctrl-C")),
        returns=f"event {target[0]} change? | events<event> | message received",
    )
    def event(session: Session, args: Arguments) -> Result | Iterable[Result]:
        if "list" in args:
            return Lines("events", ["event"], [(kind,) for kind in kinds])
        if not args["event"]:
            raise Failure("either --list or --event <type> is required")
        if args["event"] not in kinds:
            raise Failure(f"unknown event type {args['event']}")
        number = kinds.index(args["event"])
        connection = session.connection

        def describe(ref: Any, **carried: Any) -> tuple[str, dict[str, Any]]:
            sentence = f"event '{kinds[number]}' for {noun} {shown(ref)}"
            told = {"event": kinds[number], target[0]: shown(ref)}
            if number == 0:
                change = word(lifecycle, carried.get("event"))
                sentence, told["change"] = f"{sentence}: {change}", change.lower()
            return sentence, told

        return watch(
            session,
            args,
            lambda callback: [register(connection, args[target[0]], number, callback)],
            lambda registration: deregister(connection, registration),
            describe,
        )


def word(words: Sequence[str], number: Any) -> str:
    """The word for a number, or virsh's for one that it does not know."""
    return words[number] if isinstance(number, int) and 0 <= number < len(words) else "unknown"
