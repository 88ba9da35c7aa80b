"""Eight processes, four domains, a minute of random commands: only virsh's errors, no leak, consistent lists."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests import needs
from tests.guests.test_crash_matrix import nothing_left
from virshpy import open as connect

pytestmark = needs.qemu

SECONDS = 60

_WORKER = """
import random, sys, time
import virshpy
from virshpy import errors
from virshpy.enums import CreateFlags, DestroyFlags, ListDomainsFlags
from tests.guests.documents import document

uri, seed, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
dice = random.Random(seed)
names = ["one", "two", "three", "four"]
# What virsh says as well where somebody else was quicker.
ordinary = (errors.NoDomain, errors.OperationInvalid, errors.OperationFailed)

def listed(connection):
    rows = connection.list_domains()
    assert len({row.uuid for row in rows}) == len(rows) == len({row.name for row in rows}), rows
    ids = [row.id for row in rows if row.id is not None]
    assert len(set(ids)) == len(ids), rows
    active = {row.uuid for row in connection.list_domains(ListDomainsFlags.ACTIVE)}
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
        {"start": lambda: domain.create(), "paused": lambda: domain.create(CreateFlags.START_PAUSED),
         "destroy": lambda: domain.destroy(), "graceful": lambda: domain.destroy(DestroyFlags.GRACEFUL),
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
                print("WRONG", type(error).__name__, str(error).replace(chr(10), " "))
"""


def test_stress(uri: str, root: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, uri, str(seed), str(SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for seed in range(8)
    ]
    lines = [line for worker in workers for line in worker.communicate(timeout=SECONDS + 120)[0].splitlines()]
    assert [worker.returncode for worker in workers] == [0] * 8, lines[-20:]
    wrong = [line for line in lines if not line.startswith(("done ", "ordinary "))]
    assert wrong == []
    count = Counter(line for line in lines if line.startswith("done "))
    for verb in ("define", "start", "destroy", "suspend", "resume", "undefine", "list"):
        assert count[f"done {verb}"] > 0, count
    with connect(uri) as connection:
        for domain in connection.list_domains():
            if domain.is_active():
                domain.destroy()
        for domain in connection.list_domains():
            domain.undefine()
    assert nothing_left(root) == []
