"""Lines for the shell, through the real parser and the real commands, on the imaginary host and, where that is cheap,
on QEMU's driver: no ``internal error`` of a Python exception."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from tests.fuzz.kind import Fault, Kind, fault
from tests.fuzz.mutate import NUMBERS
from tests.transcripts import described, grammar
from tests.transcripts.generated import GOOD
from tests.transcripts.transcripts import URI, write_documents
from virshpy.shell.lang import registry, types
from virshpy.shell.lang.command import FLAG, WORDS, Option
from virshpy.shell.lang.global_options import Settings
from virshpy.shell.render.output import FORMATS, Renderer
from virshpy.shell.session import Session

STAGES = {"failed": "failed", "succeeded": "succeeded"}
ODD = (
    *described.ODD, *described.MARKUP, *NUMBERS, "\udcff", "v\udcffm", "\x01", "\x7f", "\t", "\\", "\u202e", "\u2028",
    "日本", "e\u0301", "x" * 5000, "a" * 254, "../..", "{}", "[", '{"execute":1}', '{"a":', "--", "-", ",", "a=b", "//",
    "//name[", "$x", "//*[name()='\udcff']", "00000000-0000-0000-0000-0000000000fc", "test", "web", "default", "vda",
    "1-", "^1", "0-",
)  # fmt: skip
FILES = ("fc.xml", "b.xml", "qemu.xml", "latin.xml", "nul.xml", "empty.xml", "mismatch.xml", ".", "no")
# What waits, sleeps, leaves, or changes more than a connection.
LEFT_OUT = frozenset(
    """
    allocpages cd connect console domdirtyrate-calc edit-all exit lxc-enter-namespace node-memory-tune nodecpustats
    nodesuspend quit self-test unit
    """.split()  # noqa: SIM905
)
# On QEMU these would run something.
ONLY_IMAGINARY = frozenset("create restore start domxml-to-native domcapabilities".split())  # noqa: SIM905
RENEW = 60  # lines, after which an imaginary host is made anew


class Quiet(Session):
    """A session that takes a fault of the program for one."""

    def report_unexpected(self, error: Exception, command: str | None) -> None:
        raise fault(error) from error


class Stage:
    """Where the lines are run: a folder that holds what they name, and one connection to each driver."""

    def __init__(self) -> None:
        self.holder = tempfile.TemporaryDirectory(prefix="vp.")
        self.folder = Path(self.holder.name) / "a" / "b"
        self.folder.mkdir(parents=True)
        write_documents(self.folder)
        (self.folder / "latin.xml").write_bytes("<domain type='test'><name>é</name></domain>".encode("latin-1"))
        (self.folder / "nul.xml").write_bytes(b"<domain type='test'>\0</domain>")
        (self.folder / "qemu.xml").write_text(
            "<domain type='qemu'><name>web</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os></domain>"
        )
        self.before = os.getcwd()
        os.chdir(self.folder)
        os.environ.update(EDITOR="true", VISUAL="true", XDG_STATE_HOME=str(self.folder))
        self.uris = {"t": URI, "q": f"qemu:///embed?root={self.holder.name}/r"}
        self.sessions: dict[str, Quiet] = {}
        self.count = 0

    def run(self, where: str, line: str) -> bool:
        self.count += 1
        if self.count % RENEW == 0 and (old := self.sessions.pop("t", None)) is not None:
            old.close()
        session = self.sessions.get(where)
        if session is None:
            settings = Settings()
            settings.uri = self.uris[where]
            session = self.sessions[where] = Quiet(settings, Renderer("plain", hints=True))
            if where == "q":
                session.run_line("define qemu.xml")
        return session.run_line(line)

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()
        os.chdir(self.before)
        self.holder.cleanup()


_stage: Stage | None = None


def _open() -> Callable[[], None]:
    global _stage
    _stage = Stage()
    return _stage.close


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    """The letter of a driver, and a line."""
    random = Random(seed)
    names = [name for name in registry.names() if name not in LEFT_OUT]
    pieces = grammar.lines(1 << 60, seed)
    while True:
        where = "q" if random.random() < 0.25 else "t"
        if random.random() < 0.1:
            line = next(pieces)
        else:
            line = "; ".join(_command(random.choice(names), random) for _ in range(random.choice((1, 1, 1, 2))))
        if where == "q" and any(name in line for name in ONLY_IMAGINARY):
            where = "t"
        yield f"{where} {line}".encode("utf-8", "surrogateescape")


def _command(name: str, random: Random) -> str:
    command = registry.find_known(name)
    words = [name]
    for option in command.options:
        if name.endswith("event") and option.name in ("event", "all", "loop"):
            continue
        if random.random() < (0.98 if option.required else 0.15):
            words += _given(option, random)
    if name == "qemu-monitor-event":
        words += ["--timeout", "0"]
    if random.random() < 0.15:
        words += [f"--output={random.choice(FORMATS)}"]
    return shlex.join(words)


def _given(option: Option, random: Random) -> list[str]:
    if option.kind == FLAG:
        return [f"--{option.name}"]
    times = random.randint(1, 3) if option.kind == WORDS else 1
    return [word for _ in range(times) for word in (f"--{option.name}", _value(option, random))]


def _value(option: Option, random: Random) -> str:
    # No absolute path: what a command writes, it writes into the folder.
    odd = random.choice(ODD)
    if random.random() < 0.2:
        return odd.replace("/", "") if isinstance(option.type, (types.Path, types.Directory)) else odd
    if isinstance(option.type, types.File):
        return random.choice(FILES)
    if isinstance(option.type, types.DomainType):
        return random.choice(("test", "web", "1", "fc"))
    if isinstance(option.type, types.Choice):
        return random.choice(option.type.choices)
    if option.name in described.VALUES:
        return random.choice(described.VALUES[option.name])
    good = GOOD.get(option.name, odd)
    return odd.replace("/", "") if good.startswith("$DIR") or isinstance(option.type, types.Path) else good


def take(data: bytes) -> str:
    """Whether the last command of a line ``failed`` or ``succeeded``. Raises Fault."""
    assert _stage is not None
    where, _, line = data.decode("utf-8", "surrogateescape").partition(" ")
    with contextlib.redirect_stdout(_stream()), contextlib.redirect_stderr(_stream()):
        try:
            done = _stage.run(where, line)
            sys.stdout.flush()
        except Fault:
            raise
        except Exception as error:
            raise fault(error) from error
    return "succeeded" if done else "failed"


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape")


LINES = Kind("lines", "lines for the shell", 20_000, _inputs, take, STAGES, ".txt", _open)
