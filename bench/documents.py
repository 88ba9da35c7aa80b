"""How many documents a second are read, completed and printed: `python -m bench.documents [FOLDER]`.

FOLDER holds *.xml; without it the project's own guests are taken. A document that is refused counts for the parser
alone. Completed against QEMU 7.2 as it is recorded in the tests: nothing here asks the host.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.argv.documents import GOLDEN as COMMAND_LINES
from tests.argv.documents import counting, qemu
from tests.xml.documents import GOLDEN
from virshpy import errors
from virshpy.drivers.qemu.postparse.complete import postparse
from virshpy.drivers.qemu.postparse.validate import validate
from virshpy.xml.domain import Domain

LONG = 1.0
T = TypeVar("T")


class Stage(NamedTuple):
    what: str
    documents: int
    each: float

    def __str__(self) -> str:
        return f"{self.what:32}{1 / self.each:9.0f} a second{self.each * 1000:9.2f} ms each{self.documents:6} documents"


def texts(folder: Path | None) -> list[str]:
    paths = sorted(folder.glob("*.xml")) if folder else [*GOLDEN, *sorted(COMMAND_LINES.glob("*.xml"))]
    return [path.read_text() for path in paths]


def measure(folder: Path | None = None) -> list[Stage]:
    caps = qemu()

    def complete(domain: Domain) -> Domain:
        postparse(domain, caps, context=counting())
        validate(domain, caps)
        return domain

    def define(text: str) -> str:
        return complete(Domain.parse(text, inactive=True)).format(inactive=True, secure=True)

    given = texts(folder)
    read = _accepted(given, lambda text: Domain.parse(text, inactive=True))
    good = _accepted(read, define)
    domains = [Domain.parse(text, inactive=True) for text in good]
    copy = _each(domains, Domain.copy)
    completed = _each(domains, lambda domain: complete(domain.copy())) - copy
    done = [complete(domain.copy()) for domain in domains]
    return [
        Stage("parse", len(read), _each(read, lambda text: Domain.parse(text, inactive=True))),
        Stage("post-parse, addresses, refusals", len(domains), completed),
        Stage("format", len(done), _each(done, lambda domain: domain.format(inactive=True, secure=True))),
        Stage("all of it", len(good), _each(good, define)),
    ]


def _accepted(given: Sequence[str], work: Callable[[str], object]) -> list[str]:
    found = []
    for text in given:
        try:
            work(text)
        except errors.Error:
            continue
        found.append(text)
    return found


def _each(items: Sequence[T], work: Callable[[T], object]) -> float:
    """Seconds for one, over whole rounds and at least a second of them."""
    rounds, begin = 0, time.perf_counter()
    while (taken := time.perf_counter() - begin) < LONG:
        for item in items:
            work(item)
        rounds += 1
    return taken / (rounds * len(items))


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if not texts(folder):
        print(f"bench: no *.xml in {folder}", file=sys.stderr)
        return 1
    print("\n".join(map(str, measure(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
