"""Breaks the package in one place at a time, and says which of the breaks its tests do not notice.

    python -m kit.mutants [FILE …] [-n 60] [--seed 1] [--tests tests/host] [-j 2]

A mutant is a module in which one comparison, `and`, `or`, `not`, number or truth value is turned, or one statement left
out. It is run in a copy of the checkout; for root in namespaces of its own, where nothing but that copy can be written.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from virshpy.host import files

ROOT = Path(__file__).resolve().parent.parent
_PARTS = ("virshpy", "tests", "kit", "pyproject.toml")
_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


class Mutant(NamedTuple):
    path: str
    line: int
    before: str
    after: str
    text: str  # the whole module

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.before}  ->  {self.after}"


def mutants(path: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(text)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            for index, node in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(node, ast.AST) or (new := _turned(node, parent)) is None:
                    continue
                place = node if hasattr(node, "lineno") else parent
                before = ast.unparse(place)
                _put(parent, name, index, new)
                after = ast.unparse(new if place is node else parent)
                line: int = getattr(place, "lineno", 0)
                yield Mutant(path, line, _short(before), _short(after), ast.unparse(tree))
                _put(parent, name, index, node)


def _put(parent: ast.AST, name: str, index: int, node: ast.AST) -> None:
    field = getattr(parent, name)
    if isinstance(field, list):
        field[index] = node
    else:
        setattr(parent, name, node)


def _turned(node: ast.AST, parent: ast.AST) -> ast.AST | None:
    """What a node becomes; None for one that stays."""
    if type(node) in _TURNED:
        return _TURNED[type(node)]()
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not _is_for_types(parent):
        return ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return ast.Pass() if is_call or isinstance(node, ast.Raise | ast.AugAssign | ast.Break | ast.Continue) else None


def _is_for_types(parent: ast.AST) -> bool:
    return isinstance(parent, ast.Assign) and ast.unparse(parent.targets[0]) == "TYPE_CHECKING"


def _short(text: str) -> str:
    return text.partition("\n")[0][:80]


class Copy:
    """A copy of the checkout, in which one mutant after the other is tested."""

    def __init__(self, tests: list[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="m."))
        self.folder.chmod(0o711)
        (self.folder / "t").mkdir(mode=0o711)
        self.said = self.folder / "said"
        self.tests = tests
        for part in _PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, self.folder)

    def end(self, mutant: Mutant, patience: float) -> str:
        """What becomes of a mutant: ``survived``, ``died``, or ``hung`` where the tests do not end in that time."""
        path = self.folder / mutant.path
        original = path.read_text()
        path.write_text(mutant.text)
        try:
            return self.run(mutant.path, patience)
        finally:
            path.write_text(original)

    def run(self, path: str, patience: float) -> str:
        # The module's own tests first: they notice soonest.
        own = [f"{folder}/test_{Path(path).stem}.py" for folder in self.tests]
        found = [name for name in own if (ROOT / name).exists()]
        words = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *found, *self.tests]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "TMPDIR": str(self.folder / "t")}
        with self.said.open("wb") as said:
            process = subprocess.Popen(
                self._apart(words), cwd=self.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        try:
            return "died" if process.wait(patience) else "survived"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "hung"

    def _apart(self, words: list[str]) -> list[str]:
        if os.geteuid() != 0:
            return words
        # The shell stays: to some tests process 1 is a stranger.
        script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && cd "$0" && "$@"; exit $?'
        apart = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        return [*apart, "/bin/sh", "-c", script, str(self.folder), *words]

    def remove(self) -> None:
        files.remove_tree(str(self.folder))  # deeper than any recursion, where a test of that did not clear away


def main() -> int:
    parser = argparse.ArgumentParser(prog="kit.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", help="modules to break; all of virshpy/host if none is given")
    parser.add_argument("-n", type=int, default=60, help="how many mutants at most, chosen at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=["tests/host"])
    parser.add_argument("-j", type=int, default=2, help="mutants at a time")
    options = parser.parse_args()
    # In the background some are ignored, and tests send them.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    files = options.files or [str(path.relative_to(ROOT)) for path in sorted((ROOT / "virshpy/host").rglob("*.py"))]
    found = [mutant for path in files for mutant in mutants(path, (ROOT / path).read_text())]
    chosen = random.Random(options.seed).sample(found, min(options.n, len(found)))
    copies: SimpleQueue[Copy] = SimpleQueue()
    made = [Copy(options.tests) for _ in range(options.j)]
    ends: Counter[str] = Counter()
    try:
        began = time.monotonic()
        if made[0].run("", 3600) != "survived":
            print(made[0].said.read_text(), "the tests fail without any mutant", sep="\n")
            return 1
        patience = 60 + 5 * options.j * (time.monotonic() - began)
        for copy in made:
            copies.put(copy)

        def end(mutant: Mutant) -> str:
            copy = copies.get()
            try:
                return copy.end(mutant, patience)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.j) as pool:
            try:
                for mutant, how in zip(chosen, pool.map(end, chosen), strict=True):
                    ends[how] += 1
                    if how != "died":
                        print(f"{how:8}  {mutant}", flush=True)
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)  # when those that are being tested have ended
    finally:
        for copy in made:
            copy.remove()
    print(f"of {len(chosen)} (there are {len(found)}): {', '.join(f'{count} {how}' for how, count in ends.items())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
