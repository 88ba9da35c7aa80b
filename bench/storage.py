"""Volumes: made, copied, filled and listed, beside the bare tool and beside virsh with libvirtd."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.domains import PREFIX
from bench.measure import PYTHON, Row, Shell, run, side_by_side, timed

GIB = 1 << 30
MANY = 5000
TIMES = 5
IN_SESSION = 20
GOAL = "bare ratio at most 1.1"

Add = Callable[[Row], None]


def measure(folder: Path, shells: list[Shell], add: Add) -> None:
    """The rows; ``shells`` are virshpy, and virsh where libvirt is here."""
    places = [folder / "bare", *(folder / f"pool{number}" for number, _ in enumerate(shells))]
    for place in places:
        place.mkdir()
    with active(shells, places[1:]):
        create = ["vol-create-as", PREFIX, "new", "1G", "--format", "qcow2"]
        bare = ["qemu-img", "create", "-q", "-f", "qcow2", "{}/new", "1G"]
        add(beside("create qcow2", shells, places, bare, create))
        add(each("create qcow2", shells, places, bare, create))
        for kind, fill in (("sparse", sparse), ("full", full)):
            spread(places, kind, fill, shells)
            copy = ["cp", "--sparse=always" if kind == "sparse" else "--sparse=auto", f"{{}}/{kind}", "{}/new"]
            clone = ["vol-clone", kind, "new", PREFIX]
            download = ["vol-download", kind, "{}/new", PREFIX, "--sparse"]
            for verb, words in (("clone", clone), ("download", download)):
                add(beside(f"{verb} 1 GiB {kind}", shells, places, copy, words))
                if kind == "sparse":
                    add(each(f"{verb} 1 GiB sparse", shells, places, copy, words))
            spread(places, "new", fill, shells)
            upload = ["vol-upload", "new", f"{places[0]}/{kind}", PREFIX, "--sparse"]
            add(beside(f"upload 1 GiB {kind}", shells, places, copy, upload))
            if kind == "sparse":
                add(each("upload 1 GiB sparse", shells, places, copy, upload))
            for place in places:
                (place / kind).unlink()
                (place / "new").unlink()
    lists(folder, shells, add)


@contextmanager
def active(shells: list[Shell], places: list[Path], name: str = PREFIX) -> Iterator[None]:
    """A directory pool for each of the programs."""
    for shell, place in zip(shells, places, strict=True):
        shell("pool-create-as", name, "dir", "--target", str(place))
    try:
        yield
    finally:
        for shell in shells:
            shell("pool-destroy", name)


def beside(what: str, shells: list[Shell], places: list[Path], bare: list[str], words: list[str]) -> Row:
    """The best times of the bare tool and of each program, in turn. ``{}`` is one's own directory; ``new`` in it goes,
    unless the work is to fill one that is there. Nobody waits for the disk on account of the one before.

    The best and not the median, and memory is at hand: a copy for which a virtual machine must first be given some
    takes up to eight times as long, whoever makes it."""
    works = [partial(_run, bare, places[0])]
    works += [partial(_command, shell, words, place) for shell, place in zip(shells, places[1:], strict=True)]
    rounds = []
    for _ in range(TIMES):
        taken = []
        for work in works:
            os.sync()
            if "full" in what:
                memory_at_hand()
            taken.append(timed(work))
        rounds.append(taken)
        if words[0] != "vol-upload":
            _clear("new", places, shells)
    return _best(what, rounds, bare[0])


def each(what: str, shells: list[Shell], places: list[Path], bare: list[str], words: list[str]) -> Row:
    """One of several commands of a session: the work itself, without the start of the program. ``new`` is a name of
    its own in each, unless the work is to fill one that is there."""
    fills = words[0] == "vol-upload"

    def several(line: list[str], place: Path, count: int) -> list[list[str]]:
        named = [word.replace("{}", str(place)) for word in line]
        return [[f"{w}{n}" if w.endswith("new") and not fills else w for w in named] for n in range(count)]

    def bare_tool(count: int) -> None:
        for line in several(bare, places[0], count):
            run(line)

    def session(shell: Shell, place: Path, count: int) -> None:
        shell.script([" ".join(line) for line in several(words, place, count)])

    works: list[Callable[[int], None]] = [bare_tool]
    works += (partial(session, shell, place) for shell, place in zip(shells, places[1:], strict=True))
    rounds = []
    for _ in range(TIMES):
        taken = []
        for work in works:
            times = []
            for count in (1, 1 + IN_SESSION):
                _clear("new?*", places, shells)
                os.sync()
                times.append(timed(partial(work, count)))
            taken.append((times[1] - times[0]) / IN_SESSION)
        rounds.append(taken)
    _clear("new?*", places, shells)
    return _best(f"{what}, each of {IN_SESSION}", rounds, bare[0])


def _best(what: str, rounds: list[list[float]], name: str) -> Row:
    """The row of what was measured: in each round the bare tool's time, ours, and virsh's where it is here."""
    plain, ours, *theirs = (min(column) for column in zip(*rounds, strict=True))
    return Row(what, ours, plain, name, theirs[0] if theirs else None, GOAL)


def _clear(pattern: str, places: list[Path], shells: list[Shell]) -> None:
    """Remove what was made, for the next round."""
    for place in places:
        for path in place.glob(pattern):
            path.unlink()
    for shell in shells:
        shell("pool-refresh", PREFIX)


def memory_at_hand() -> None:
    """Have memory for what is copied, as far as there is some: what nobody uses, a host may have taken away."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    run([PYTHON, "-c", f"b'1' * {min(3 * GIB, free // 2)}"])


def _run(words: list[str], place: Path) -> None:
    run([word.replace("{}", str(place)) for word in words])


def _command(shell: Shell, words: list[str], place: Path) -> None:
    shell(*(word.replace("{}", str(place)) for word in words))


def spread(places: list[Path], name: str, fill: Callable[[Path], None], shells: list[Shell]) -> None:
    """One file, in each directory."""
    fill(places[0] / name)
    for place in places[1:]:
        run(["cp", "--sparse=always", str(places[0] / name), str(place / name)])
    for shell in shells:
        shell("pool-refresh", PREFIX)


def sparse(path: Path) -> None:
    """1 GiB, of which 16 MiB here and there are data."""
    with path.open("wb") as file:
        for number in range(16):
            file.seek(number * 64 << 20)
            file.write(os.urandom(1 << 20))
        file.truncate(GIB)


def full(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(GIB >> 22):
            file.write(os.urandom(1 << 22))


def lists(folder: Path, shells: list[Shell], add: Add) -> None:
    """Lists of many volumes: the first one, that nobody has asked for before, and others."""
    many = folder / "many"
    many.mkdir()
    for number in range(MANY):
        (many / f"{number}.img").touch()
    with active(shells, [many] * len(shells), f"{PREFIX}-many"):
        for what, more in (("first list of", []), ("list of", []), ("list --details of", ["--details"])):
            works = [partial(shell, "vol-list", f"{PREFIX}-many", *more) for shell in shells]
            ours, *theirs = side_by_side(1 if what.startswith("first") else 3, *works)
            add(Row(f"{what} {MANY:,} volumes", ours, None, "", theirs[0] if theirs else None))
    shutil.rmtree(many)
