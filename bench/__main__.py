"""Prints the whole benchmark, in one run, as ratios: one machine's milliseconds say little on another."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import networks, storage
from bench.documents import measure
from bench.domains import BARE, clear, documents, libvirt, names
from bench.imports import bill
from bench.measure import PROGRAM, PYTHON, Failed, Row, Shell, run, side_by_side, table, typical

MANY = 1000
DEFINED = 500
TOGETHER = 20


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"qemu:///embed?root={folder}/root"
        self.virshpy = Shell(PROGRAM, "-c", self.uri)
        self.virsh = libvirt()
        self.papers = documents(folder, MANY)
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print(f"  {row.what}", file=sys.stderr, flush=True)

    def beside(self, work: Callable[[Shell], float]) -> tuple[float, float | None]:
        return work(self.virshpy), work(self.virsh) if self.virsh else None

    def volumes(self) -> None:
        """Volumes made, copied, filled and listed."""
        storage.measure(self.folder, list(self.shells()), self.add)

    def networks(self) -> None:
        """A network brought up and taken down, and a guest on one."""
        networks.measure(self.folder, list(self.shells()), self.add)

    def life(self) -> None:
        """Start and destroy of one guest, beside QEMU brought up and killed by hand."""
        name = names(1)[0]
        pidfile = self.folder / "bare.pid"
        works: list[Callable[[], object]] = [
            partial(run, [*BARE, "-daemonize", "-pidfile", str(pidfile)]),
            partial(_kill, pidfile),
        ]
        for shell in self.shells():
            shell("define", str(self.papers[0]))
            works += [partial(shell, "start", name), partial(shell, "destroy", name)]
        try:
            bare_start, bare_kill, start, destroy, *virsh = side_by_side(9, *works)
        finally:
            for shell in self.shells():
                shell("undefine", name)
        their_start, their_destroy = virsh or (None, None)
        self.add(Row("start", start, bare_start, "qemu -daemonize", their_start, "bare ratio at most 3"))
        self.add(Row("destroy", destroy, bare_kill, "kill -9, until gone", their_destroy))

    def together(self) -> None:
        """Many guests from one command line, and all of them away again."""
        some = names(TOGETHER)

        def cycle(shell: Shell) -> tuple[float, float]:
            shell.script([f"define {path}" for path in self.papers[:TOGETHER]])
            try:
                start = typical(1, lambda: shell("; ".join(f"start {name}" for name in some)))
                running = len(shell("list", "--name").split())
                if shell is self.virshpy and running != TOGETHER:
                    raise Failed(f"list shows {running} of {TOGETHER} running guests")
                stop = typical(1, lambda: shell("; ".join(f"destroy {name}" for name in some)))
            finally:
                shell.script([f"undefine {name}" for name in some])
            return start, stop

        ours = cycle(self.virshpy)
        theirs = cycle(self.virsh) if self.virsh else (None, None)
        self.add(Row(f"start of {TOGETHER}, one command line", ours[0], virsh=theirs[0]))
        self.add(Row(f"destroy of {TOGETHER}, one command line", ours[1], virsh=theirs[1]))

    def lists(self) -> None:
        self._asked("list --all, 0 domains", "list", "--all")
        for shell in self.shells():
            shell.script([f"define {path}" for path in self.papers])
        self._asked(f"list --all, {MANY} domains", "list", "--all")
        lines = len(self.virshpy("list", "--all", "--name").split())
        if lines != MANY:
            raise Failed(f"list --all shows {lines} of {MANY} domains")
        self._asked(f"dominfo, 1 of {MANY}", "dominfo", names(MANY)[MANY // 2], goal="virsh ratio at most 1.5")
        self.remove(MANY)

    def _asked(self, what: str, *words: str, goal: str = "") -> None:
        """A command that changes nothing."""
        ours, *theirs = [partial(shell, *words) for shell in self.shells()]
        self._beside_python(what, ours, *theirs, goal=goal)

    def _beside_python(
        self, what: str, ours: Callable[[], object], *virsh: Callable[[], object], goal: str = ""
    ) -> None:
        mine, python, *theirs = side_by_side(11, ours, partial(run, [PYTHON, "-c", "pass"]), *virsh)
        self.add(Row(what, mine, python, "python -c pass", theirs[0] if theirs else None, goal))

    def tab(self) -> None:
        """One press of Tab in a shell: a command's name, an option, a domain's name; beside virsh's own completion."""
        test = ["-c", "test:///default"]
        lines = (
            ("every command", ["--bash", "virshpy "], ["", ""]),
            ("commands with what they are", ["--", "dom"], ["dom"]),
            ("an option", ["--bash", "virshpy list --"], ["list", "--"]),
            ("a value", ["--bash", "virshpy -c test:///default dominfo t"], ["dominfo", "t"]),
        )
        for what, ours, theirs in lines:
            self._start(f"Tab, {what}", ["-q", "complete", *ours], ["-q", *test, "complete", "--", *theirs])
        self._start("list, test:///default", [*test, "list"], [*test, "list"])
        self._start("the same, as a terminal has it", [*test, "-o", "rich", "list"], [*test, "list"])

    def _start(self, what: str, ours: list[str], theirs: list[str]) -> None:
        """What is mostly starting; for virsh, too, no daemon is needed."""
        virsh = [partial(run, ["virsh", *theirs])] if shutil.which("virsh") else []
        self._beside_python(what, partial(run, [PROGRAM, *ours]), *virsh)

    def define(self) -> None:
        papers = [f"define {path}" for path in self.papers[:DEFINED]]
        ours, theirs = self.beside(lambda shell: typical(1, lambda: shell.script(papers)))
        self.add(Row(f"define of {DEFINED}, one process", ours, virsh=theirs))
        dumps = [f"dumpxml {name}" for name in names(DEFINED)]
        ours, theirs = self.beside(lambda shell: typical(1, lambda: shell.script(dumps)))
        self.add(Row(f"dumpxml of {DEFINED}, one process", ours, virsh=theirs))
        self.remove(DEFINED)

    def remove(self, count: int) -> None:
        for shell in self.shells():
            shell.script([f"undefine {name}" for name in names(count)])

    def shells(self) -> list[Shell]:
        return [self.virshpy, self.virsh] if self.virsh else [self.virshpy]


def _kill(pidfile: Path) -> None:
    """Until it runs no more. Its entry in /proc may stay for as long as process 1 takes to notice."""
    pid = int(pidfile.read_text())
    pidfile.unlink()
    os.kill(pid, signal.SIGKILL)
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
        except OSError:
            return
        if state in (b"Z", b"X"):
            return
        time.sleep(0.0005)


def versions() -> str:
    qemu = subprocess.run([BARE[0], "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    return f"{qemu}; Python {sys.version.split()[0]}; {os.cpu_count()} processors"


def main() -> int:
    if shutil.which(BARE[0]) is None:
        print(f"bench: {BARE[0]} is not installed", file=sys.stderr)
        return 1
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="vb.") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "root").mkdir(mode=0o711)
        bench = Bench(folder)
        if bench.virsh:
            clear(bench.virsh)
        try:
            for part in (
                bench.life,
                bench.together,
                bench.lists,
                bench.tab,
                bench.define,
                bench.volumes,
                bench.networks,
            ):
                part()
            imports = bill(["-c", "test:///default", "list"]), bill(["-c", bench.uri, "list"])
        except Failed as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        finally:
            for shell in bench.shells():
                clear(shell)
    print(f"\n{versions()}\nmedians, of storage the best times; a ratio is virshpy's time over the other's\n")
    print(table(bench.rows))
    if not bench.virsh:
        print("\nvirsh with a libvirtd that answers is not here: its columns are empty")
    print("\n".join(["\ndocuments", *map(str, measure(Path(sys.argv[1]) if sys.argv[1:] else None))]))
    print(f"\nthe import bill of `virshpy -c test:///default list`\n{imports[0]}")
    print(f"\nthe import bill of `virshpy list` on QEMU\n{imports[1]}")
    print(f"\n{time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
