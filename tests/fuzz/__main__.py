"""usage: python -m tests.fuzz [-k KIND] [-n COUNT] [-s SEED] [-o FOLDER] [DOCUMENTS ...]

Damages inputs of every KIND, COUNT of each (as many as it says itself): documents on their way to a command line, shell
lines, files that describe an imaginary host, command lines of QEMU's; and what a guest may say: its event log, the
answers of its monitor and of its agent, the headers of its images. Documents are made of the project's own and of every
*.xml in the folders DOCUMENTS; FUZZ_DOCUMENTS names one more. An input that ends in anything but an error of
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
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.fuzz import KINDS
from tests.fuzz.kind import SLOW, Fault, Kind

GROWTH = 16 << 20


def resident() -> int:
    """Bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def stuck(_: int, frame: FrameType | None) -> None:
    raise Fault("does not end\n" + "".join(traceback.format_stack(frame)[-3:]))


class Run:
    """One kind, and what came of its inputs."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self.folder = folder / kind.name
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.slowest = 0.0
        self.growth = 0

    def all(self, count: int, seed: int, documents: Sequence[Path]) -> None:
        warm = 0
        close = self.kind.open()
        inputs = self.kind.inputs(seed, documents)
        for number in range(count):
            self.one(number, next(inputs))
            if number == min(count // 4, 2000):
                warm = resident()
        self.growth = resident() - warm
        close()

    def one(self, number: int, data: bytes) -> None:
        signal.setitimer(signal.ITIMER_REAL, 20)
        begin = time.perf_counter()
        try:
            outcome = self.kind.take(data)
        except Fault as fault:
            self.fault(number, data, str(fault))
            return
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time.perf_counter() - begin
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > SLOW:
            self.fault(number, data, f"took {seconds:.1f} s")

    def fault(self, number: int, data: bytes, what: str) -> None:
        kind = "\n".join(what.strip().splitlines()[-3:])
        self.faults[kind] += 1
        if self.faults[kind] == 1:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{number}{self.kind.suffix}").write_bytes(data)
            (self.folder / f"{number}.txt").write_text(what, errors="backslashreplace")
            print(f"{self.folder}/{number}{self.kind.suffix}: {kind}", flush=True)

    def report(self) -> None:
        for stage, words in self.kind.stages.items():
            print(f"{self.outcomes[stage]:7} {words}")
        print(f"{self.faults.total():7} went wrong")
        print(f"slowest {self.slowest * 1000:.0f} ms, memory grew by {self.growth / 1024:.0f} KiB", flush=True)

    @property
    def failed(self) -> bool:
        return bool(self.faults) or self.growth > GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", usage=(__doc__ or "").partition("\n\n")[0][7:])
    parser.add_argument("-k", choices=[kind.name for kind in KINDS], action="append")
    parser.add_argument("-n", type=int)
    parser.add_argument("-s", type=int, default=1)
    parser.add_argument("-o", type=Path, default=Path(tempfile.gettempdir()) / "virshpy-fuzz")
    parser.add_argument("documents", nargs="*", type=Path)
    options = parser.parse_args()
    folders = [*options.documents, *map(Path, filter(None, [os.environ.get("FUZZ_DOCUMENTS")]))]
    signal.signal(signal.SIGALRM, stuck)
    failed = False
    for kind in KINDS:
        if options.k and kind.name not in options.k:
            continue
        count = options.n or kind.times
        begin = time.monotonic()
        run = Run(kind, options.o)
        run.all(count, options.s, folders)
        print(f"{count} {kind.what}, seed {options.s}: {time.monotonic() - begin:.0f} s")
        run.report()
        failed = failed or run.failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
