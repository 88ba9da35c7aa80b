"""usage: python -m tests.fuzz [-n COUNT] [-s SEED] [-o FOLDER] [DOCUMENTS ...]

Takes COUNT damaged documents (20,000) through parse, define and argv. They are made of the project's own documents and
of every *.xml in the folders DOCUMENTS; FUZZ_DOCUMENTS names one more. A document that ends in anything but an error of
ours, or takes a second, is written to FOLDER with what happened, and the exit status is 1; so it is if memory grows.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from types import FrameType

from tests.fuzz.documents import project, within
from tests.fuzz.mutate import Mutator
from tests.fuzz.way import SLOW, Fault, timed

GROWTH = 16 << 20


def resident() -> int:
    """Bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def stuck(_: int, frame: FrameType | None) -> None:
    raise Fault("does not end\n" + "".join(traceback.format_stack(frame)[-3:]))


class Run:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outcomes: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.slowest = 0.0

    def document(self, number: int, text: bytes) -> None:
        signal.setitimer(signal.ITIMER_REAL, 20)
        try:
            outcome, seconds = timed(text)
        except Fault as fault:
            self.fault(number, text, str(fault))
            return
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > SLOW:
            self.fault(number, text, f"took {seconds:.1f} s")

    def fault(self, number: int, text: bytes, what: str) -> None:
        kind = "\n".join(what.strip().splitlines()[-3:])
        self.outcomes["fault"] += 1
        self.kinds[kind] += 1
        if self.kinds[kind] == 1:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{number}.xml").write_bytes(text)
            (self.folder / f"{number}.txt").write_text(what)
            print(f"{self.folder}/{number}.xml: {kind}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", usage=(__doc__ or "").partition("\n\n")[0][7:])
    parser.add_argument("-n", type=int, default=20_000)
    parser.add_argument("-s", type=int, default=1)
    parser.add_argument("-o", type=Path, default=Path(tempfile.gettempdir()) / "virshpy-fuzz")
    parser.add_argument("documents", nargs="*", type=Path)
    options = parser.parse_args()
    folders = [*options.documents, *map(Path, filter(None, [os.environ.get("FUZZ_DOCUMENTS")]))]
    texts = project() + [text for folder in folders for text in within(folder)]
    run = Run(options.o)
    signal.signal(signal.SIGALRM, stuck)
    begin, warm = time.monotonic(), 0
    damaged = iter(Mutator(texts, options.s))
    for number in range(options.n):
        run.document(number, next(damaged))
        if number == min(options.n // 4, 2000):
            warm = resident()
    growth = resident() - warm
    seconds = time.monotonic() - begin
    print(f"{options.n} damaged documents out of {len(texts)}, seed {options.s}: {seconds:.0f} s")
    for stage, words in (("parse", "refused by the parser"), ("define", "refused by define"),
                         ("argv", "refused on the way to argv"), ("started", "came to a command line"),
                         ("fault", "went wrong")):
        print(f"{run.outcomes[stage]:7} {words}")
    print(f"slowest {run.slowest * 1000:.0f} ms, memory grew by {growth / 1024:.0f} KiB")
    return 1 if run.outcomes["fault"] or growth > GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
