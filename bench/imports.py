"""What a command pays for importing, taken apart by package."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from statistics import median

from bench.measure import PYTHON, timed

_PROGRAM = """
import sys
from virshpy.loading import hasten
hasten()
from virshpy.shell.main import entry
sys.exit(entry())
"""


def bill(words: list[str], top: int = 14) -> str:
    """Own time of each imported module, the least of some runs, summed by package. The measuring itself makes every
    import a little dearer."""
    least: dict[str, int] = {}
    for _ in range(5):
        done = subprocess.run(
            [PYTHON, "-X", "importtime", "-c", _PROGRAM, *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        for own, name in re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE):
            least[name] = min(int(own), least.get(name, int(own)))
    sums: Counter[str] = Counter()
    for name, own in least.items():
        parts = name.split(".")
        sums[".".join(parts[:2]) if parts[0] == "virshpy" else parts[0]] += own
    start = _start_up()
    ours = sum(own for name, own in sums.items() if name.startswith("virshpy"))
    lines = [f"{ours / 1000:8.1f} ms  virshpy's own modules", f"{sum(sums.values()) / 1000:8.1f} ms  all modules"]
    lines += [f"{own / 1000:8.1f} ms    {name}" for name, own in sums.most_common(top)]
    return "\n".join([f"{start * 1000:8.1f} ms  python itself, from start to end", *lines])


def _start_up() -> float:
    return median(timed(lambda: subprocess.run([PYTHON, "-c", "pass"])) for _ in range(7))
