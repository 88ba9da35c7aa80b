"""Running, timing, and one row of the result."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

PYTHON = sys.executable
# As users have it: the program that the package installs beside its Python.
PROGRAM = str(Path(PYTHON).parent / "virshpy")


class Row(NamedTuple):
    """Seconds: ours, those of the bare thing beside it, and virsh's where libvirt is here."""

    what: str
    ours: float
    bare: float | None = None
    bare_name: str = ""
    virsh: float | None = None
    goal: str = ""


class Failed(Exception):
    """A command that should have worked did not; its words are the message."""


def run(argv: Sequence[str], text: str | None = None) -> str:
    done = subprocess.run(
        argv, input=text, stdin=None if text is not None else subprocess.DEVNULL, capture_output=True, text=True,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"{' '.join(argv)}: exit status {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def typical(times: int, work: Callable[[], object], after: Callable[[], object] | None = None) -> float:
    """The median of some runs; ``after`` puts things back between them and is not counted."""
    taken = []
    for _ in range(times):
        taken.append(timed(work))
        if after:
            after()
    return median(taken)


def side_by_side(times: int, *works: Callable[[], object]) -> list[float]:
    """The median of each, run in turn: what else the machine does meanwhile falls on all of them."""
    rounds = [[timed(work) for work in works] for _ in range(times)]
    return [median(column) for column in zip(*rounds, strict=True)]


class Shell:
    """virshpy or virsh on one connection."""

    def __init__(self, *argv: str) -> None:
        self.argv = argv

    def __call__(self, *words: str) -> str:
        return run([*self.argv, *words])

    def script(self, lines: Sequence[str]) -> str:
        """Many commands in one process, on its standard input."""
        return run(self.argv, "".join(f"{line}\n" for line in lines))


def milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f}" if seconds < 0.1 else f"{seconds * 1000:.0f}"


def table(rows: Sequence[Row]) -> str:
    """Ratios are ours over the other: below 1, virshpy is the quicker."""
    head = ("", "virshpy ms", "bare ms", "ratio", "bare is", "virsh ms", "ratio", "goal")
    lines = [head]
    for row in rows:
        lines.append(
            (
                row.what, milliseconds(row.ours),
                milliseconds(row.bare), f"{row.ours / row.bare:.2f}" if row.bare else "-", row.bare_name or "-",
                milliseconds(row.virsh), f"{row.ours / row.virsh:.2f}" if row.virsh else "-", row.goal,
            )
        )  # fmt: skip
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    left = (0, 4, 7)

    def laid(line: tuple[str, ...]) -> str:
        cells = zip(line, widths, strict=True)
        return "  ".join(
            cell.ljust(width) if at in left else cell.rjust(width) for at, (cell, width) in enumerate(cells)
        ).rstrip()

    return "\n".join(map(laid, lines))
