"""A whole Ceph for a test: one monitor, one OSD whose disk is memory, one manager, which counts. Up in a second."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import needs
from tests.storage.ports import free_port
from tests.storage.programs import Programs, programs, running

# The pytestmark of tests with it. Its daemons are unpacked where the host has none; what speaks to it is the host's.
CEPH = [
    needs.program("ceph", "ceph-common"),
    needs.program("rbd", "ceph-common"),
    needs.program("setpriv", "util-linux"),
    pytest.mark.timeout(300),
]

DAEMONS = ("ceph-mon", "ceph-osd", "ceph-mgr")
PACKAGES = (*DAEMONS, "ceph-base", "librados2")
GIB = 1 << 30
# As many rounds of agreeing as there are, each begins at once: with nobody else to wait for, that is six seconds less.
CONFIGURATION = """\
[global]
fsid = {fsid}
mon initial members = a
mon host = v2:127.0.0.1:{port}
ms bind msgr1 = false
paxos propose interval = 0.05
paxos min wait = 0.01
mon data avail crit = 0
mon data avail warn = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = {size}
mgr module path = {folder}/modules
mgr stats period = 1
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
mgr data = {folder}/mgr
run dir = {folder}
admin socket = {folder}/$name.asok
pid file =
log file =
log to stderr = true
err to stderr = true
{places}
[osd]
public addr = 127.0.0.1
[mgr]
public addr = 127.0.0.1
"""


class Ceph(NamedTuple):
    """``user`` may use the one pool, ``pool``, by his ``key``, which is in base64 as a secret is.

    ``conf`` names everything, with the keys of both ``user`` and admin, for programs that are told nothing else.
    """

    conf: Path
    host: str
    port: int
    pool: str
    user: str
    key: str

    def run(self, *words: str) -> str:
        """What a program such as rbd says, as the cluster's administrator."""
        return _run(words[0], "--conf", str(self.conf), *words[1:])


@contextmanager
def one_node_ceph(folder: Path, pool: str = "pool", size: int = GIB) -> Iterator[Ceph]:
    """A cluster with a pool for block devices and room for ``size`` bytes. All that it writes is in ``folder``."""
    found = programs(DAEMONS, PACKAGES)
    folder.mkdir()
    made = Ceph(folder / "ceph.conf", "127.0.0.1", free_port(), pool, "guest", _key())
    _lay_out(made, folder, size, found)
    common = ["--conf", str(made.conf), "-f"]
    with ExitStack() as daemons:

        def start(*words: str) -> None:
            daemons.enter_context(running([*words, *common], found.environment, folder / f"{words[0]}.log"))

        _run("ceph-mon", "--conf", str(made.conf), "--mkfs", "--id", "a", found=found)
        start("ceph-mon", "--id", "a")
        _wait_until(lambda: _listens(made.port), f"listener on port {made.port}", folder)
        start("ceph-mgr", "--id", "x")
        name = str(uuid.uuid4())
        made.run("ceph", "osd", "new", name)
        _run("ceph-osd", "--conf", str(made.conf), "--mkfs", "--id", "0", "--osd-uuid", name, found=found)
        start("ceph-osd", "--id", "0")
        made.run("ceph", "osd", "pool", "create", pool)
        # Says that the pool is for block devices, once there is an OSD to keep that.
        made.run("rbd", "pool", "init", pool)
        _wait_until(lambda: _has_room(made), "count of what there is room for", folder)
        yield made


def _lay_out(made: Ceph, folder: Path, size: int, found: Programs) -> None:
    for name in ("mon", "osd", "mgr", "modules"):
        (folder / name).mkdir()
    places = {
        "osd class dir": found.folder("usr/lib/*/rados-classes"),
        "erasure code dir": found.folder("usr/lib/*/ceph/erasure-code"),
        "plugin dir": found.folder("usr/lib/*/ceph"),
    }
    lines = "\n".join(f"{name} = {place}" for name, place in places.items() if place)
    made.conf.write_text(
        CONFIGURATION.format(fsid=uuid.uuid4(), port=made.port, size=size, folder=folder, places=lines)
    )
    every = {"mon": "allow *", "osd": "allow *", "mgr": "allow *"}
    # What is in the monitor's keyring when it is made are the users that it knows.
    users = {
        "mon.": (_key(), every),
        "client.admin": (_key(), every),
        f"client.{made.user}": (made.key, {"mon": "profile rbd", "osd": f"profile rbd pool={made.pool}"}),
        "osd.0": (_key(), every),
        "mgr.x": (_key(), every),
    }
    with (folder / "keyring").open("w") as keys:
        os.fchmod(keys.fileno(), 0o600)
        for name, (key, caps) in users.items():
            keys.write(f"[{name}]\n\tkey = {key}\n")
            keys.writelines(f'\tcaps {what} = "{may}"\n' for what, may in caps.items())


def _key() -> str:
    """A key of Ceph's kind: AES, the time at which it was made, 16 bytes."""
    return base64.b64encode(struct.pack("<HIIH", 1, int(time.time()), 0, 16) + os.urandom(16)).decode()


def _run(*words: str, found: Programs | None = None) -> str:
    environment = found.environment if found else None
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def _wait_until(there: Callable[[], bool], what: str, folder: Path) -> None:
    until = time.monotonic() + 30
    while not there():
        if time.monotonic() > until:
            said = "".join(f"--- {log.name}\n{log.read_text()[-2000:]}\n" for log in folder.glob("*.log"))
            raise AssertionError(f"no {what}, while the daemons said:\n{said}")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _has_room(made: Ceph) -> bool:
    """Until the manager has heard of the OSD, there are no pools, or all is of size zero."""
    pools = json.loads(made.run("ceph", "df", "--format", "json"))["pools"]
    return any(pool["stats"]["max_avail"] for pool in pools)
