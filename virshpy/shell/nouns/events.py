"""Waiting for events and printing them: what all ``…-event`` commands do."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import command, flag, option
from virshpy.shell.lang.types import Choice, Timeout
from virshpy.shell.render.results import Lines, Message, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.nouns.noun import Noun
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


def declare_events(noun: Noun, kinds: Sequence[str], changes: Sequence[str]) -> None:
    """``net-event`` and its like: ``kinds`` of events by number; ``changes`` are the words of the first, lifecycle."""
    name, said, key = f"{noun.prefix}event", noun.type.api.replace("_", " "), noun.type.identity.split()[0]

    @command(
        name,
        f"wait for events of {said}s",
        f"Wait for an event of a {said}, and print it. Or list the kinds of events.",
        (
            option(noun.name, noun.type(), f"only events of this {said}", late=True),
            option("event", Choice(*kinds), "kind of event to wait for", late=True),
            LOOP,
            TIMEOUT,
            LIST,
            TIMESTAMP,
        ),
        examples=((f"{name} --list", "what --event may name"), (f"{name} --event lifecycle --loop", "until Ctrl-C")),
        returns=f"event {noun.name} change? | events[event] | message received",
    )
    def event(session: Session, args: Arguments) -> Result | Iterable[Result]:
        if "list" in args:
            return Lines("events", ["event"], [(kind,) for kind in kinds])
        kind = args["event"]
        if not kind:
            raise Failure("either --list or --event <type> is required")
        if kind not in kinds:
            raise Failure(f"unknown event type {kind}")
        number = kinds.index(kind)

        def describe(ref: Any, **carried: Any) -> tuple[str, dict[str, Any]]:
            about = str(getattr(ref, key))
            sentence, told = f"event '{kind}' for {said} {about}", {"event": kind, noun.name: about}
            if number == 0:
                change = word(changes, carried.get("event"))
                sentence, told["change"] = f"{sentence}: {change}", change.lower()
            return sentence, told

        register, deregister = (noun.method(session, f"event_{verb}_any") for verb in ("register", "deregister"))
        return watch(
            session, args, lambda callback: [register(args[noun.name], number, callback)], deregister, describe
        )


def word(words: Sequence[str], number: Any) -> str:
    """The word for a number, or virsh's for one that it does not know."""
    return words[number] if isinstance(number, int) and 0 <= number < len(words) else "unknown"
