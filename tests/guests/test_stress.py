"""Sixteen processes, six domains, a minute of random commands: only virsh's errors, no leak, consistent lists.

Meanwhile another program opens connections without end, and signals end processes in the middle of what they do.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests import needs
from tests.guests.living import nothing_left
from virshpy import open as connect

pytestmark = needs.qemu

SECONDS = 60
WORKERS = 16

_WORKER = """
import random, sys, time, traceback
import virshpy
from virshpy import errors
from virshpy.enums import CreateFlags, DestroyFlags, ListDomainsFlags
from tests.guests.documents import document

uri, seed, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
dice = random.Random(seed)
names = ["one", "two", "three", "four", "five", "six"]
# What virsh says as well where somebody else was quicker.
ordinary = (errors.NoDomain, errors.OperationInvalid, errors.OperationFailed)

def listed(connection):
    rows = connection.list_domains()
    assert len({row.uuid for row in rows}) == len(rows) == len({row.name for row in rows}), rows
    ids = [row.id for row in rows if row.id is not None]
    assert len(set(ids)) == len(ids), rows
    active = {row.uuid for row in connection.list_domains(flags=ListDomainsFlags.ACTIVE)}
    for domain, stats in connection.domain_stats(stats=1):
        assert 1 <= stats["state.state"] <= 7, stats

def act(connection):
    name = dice.choice(names)
    what = dice.choice(["define", "start", "start", "paused", "create", "destroy", "destroy", "graceful", "suspend",
                        "resume", "undefine", "list", "state", "xml", "reset", "info"])
    if what == "define":
        connection.define_xml(document(name, memory=16, uid=f"3f1c4a5e-00{names.index(name)}0-4000-8000-00000000beef"))
    elif what == "create":
        connection.create_xml(document(name, memory=16, uid=f"3f1c4a5e-00{names.index(name)}0-4000-8000-00000000beef"))
    elif what == "list":
        listed(connection)
    else:
        domain = connection.lookup_by_name(name)
        {"start": lambda: domain.create(), "paused": lambda: domain.create(flags=CreateFlags.START_PAUSED),
         "destroy": lambda: domain.destroy(), "graceful": lambda: domain.destroy(flags=DestroyFlags.GRACEFUL),
         "suspend": domain.suspend, "resume": domain.resume, "undefine": lambda: domain.undefine(),
         "state": domain.state, "xml": domain.xml_desc, "reset": domain.reset, "info": domain.info}[what]()
    return what

until = time.monotonic() + seconds
while time.monotonic() < until:
    with virshpy.open(uri) as connection:
        for _ in range(10):
            try:
                print("done", act(connection))
            except ordinary as error:
                print("ordinary", type(error).__name__)
            except errors.Error as error:
                print("WRONG", type(error).__name__, str(error).replace(chr(10), " "))
            except Exception as error:
                if isinstance(error.__cause__, KeyboardInterrupt):  # while Python made a class, in an import
                    raise
                where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
                print("WRONG", type(error).__name__, str(error).replace(chr(10), " "), *where)
"""


_OPENER = """
import sys, time
import virshpy
until = time.monotonic() + float(sys.argv[2])
while time.monotonic() < until:
    with virshpy.open(sys.argv[1]):
        print("opened")
"""


class Workers:
    """Processes that are started, ended by signals, and started again; ``lines`` is what they have said."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri = uri
        self.dice = random.Random(1)
        self.until = time.monotonic() + SECONDS
        self.files = [folder / f"said.{number}" for number in range(WORKERS)]
        self.running = [self.start(number) for number in range(WORKERS)]
        self.signalled: Counter[str] = Counter()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: object) -> None:
        """After a failure none goes on beside the next tests."""
        for process in self.running:
            process.kill()
            process.wait()

    def start(self, number: int) -> subprocess.Popen[str]:
        left = str(max(0.0, self.until - time.monotonic()))
        script, words = (_OPENER, [left]) if number == 0 else (_WORKER, [str(self.dice.random())[2:9], left])
        argv = [sys.executable, "-c", script, self.uri, *words]
        with self.files[number].open("a") as said:
            return subprocess.Popen(argv, stdout=said, stderr=said, text=True, cwd=Path(__file__).parents[2])

    def disturb(self) -> None:
        """Until the time is over, one after another is ended and begins anew."""
        while time.monotonic() < self.until - 5:
            time.sleep(0.3)
            number = self.dice.randrange(1, WORKERS)
            how = self.dice.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
            self.running[number].send_signal(how)
            self.running[number].wait(60)
            self.signalled[how.name] += 1
            self.running[number] = self.start(number)

    def lines(self) -> list[str]:
        for process in self.running:
            assert process.wait(SECONDS + 120) == 0
        return [line for file in self.files for line in file.read_text().splitlines()]


def test_stress(uri: str, root: Path, tmp_path: Path) -> None:
    with Workers(uri, tmp_path) as workers:
        workers.disturb()
        lines = workers.lines()
    assert set(workers.signalled) == {"SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"}
    wrong = [line for line in lines if line.startswith("WRONG ")]
    assert wrong == []
    count = Counter(line for line in lines if line.startswith(("done ", "opened")))
    for verb in ("define", "start", "destroy", "suspend", "resume", "undefine", "list"):
        assert count[f"done {verb}"] > 0, count
    assert count["opened"] > 100
    with connect(uri) as connection:
        for domain in connection.list_domains():
            if domain.is_active():
                domain.destroy()
        for domain in connection.list_domains():
            domain.undefine()
    assert nothing_left(root) == []
