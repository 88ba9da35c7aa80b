"""Each rule of the tree can fail: a sample that breaks it is found, and its lawful twin is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.structure import rules
from tests.structure.source import Module

BAD = [
    (rules.wrong_arrows, "virshpy/xml/a.py", "from virshpy.drivers.qemu import driver"),
    (rules.wrong_arrows, "virshpy/xml/a.py", "from ..host import store"),
    (rules.wrong_arrows, "virshpy/host/a.py", "def f():\n    import virshpy.xml.domain"),
    (rules.wrong_arrows, "virshpy/shell/a.py", "from virshpy.drivers import qemu"),
    (rules.wrong_arrows, "virshpy/shell/a.py", "from virshpy.host import store"),
    (rules.wrong_arrows, "virshpy/host/a.py", "STEPS = {'told': 'virshpy.drivers.qemu.steps'}"),
    (rules.wrong_arrows, "virshpy/api/a.py", "import virshpy.shell.main"),
    (rules.wrong_arrows, "virshpy/driver/a.py", "from virshpy import drivers"),
    (rules.wrong_arrows, "virshpy/enums.py", "from virshpy import errors"),
    (rules.wrong_arrows, "virshpy/new/a.py", ""),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import subprocess"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "from subprocess import Popen as P"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import os\nos.fork()"),
    (rules.strangers, "virshpy/host/files.py", "import os as system\nsystem.execve('a', [], {})"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import os\nos.kill(1, 9)"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "open('a', 'w')"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "open('a', mode=chosen)"),
    (rules.strangers, "virshpy/shell/a.py", "from pathlib import Path\nPath('a').open('a')"),
    (rules.strangers, "virshpy/shell/a.py", "from pathlib import Path\nPath('a').write_text('')"),
    (rules.strangers, "virshpy/shell/a.py", "from os import unlink"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import os\nos.open('a', os.O_CREAT)"),
    (rules.strangers, "virshpy/api/a.py", "import shutil\nshutil.rmtree('a')"),
    (rules.strangers, "virshpy/host/locks.py", "import sqlite3"),
    (rules.strangers, "virshpy/host/access.py", "import fcntl\nfcntl.flock(1, 2)"),
    (rules.strangers, "virshpy/drivers/qemu/agent.py", "import socket\nsocket.recv_fds(peer, 1, 1)"),
    (rules.strangers, "virshpy/drivers/qemu/qmp.py", "peer.connect_ex('/a')"),
    (rules.strangers, "virshpy/host/steps/access.py", "import os\nos.chown('/a', 1, 1)"),
    (rules.strangers, "virshpy/host/steps/filesystem.py", "import shutil\nshutil.rmtree('/a')"),
    (rules.strangers, "virshpy/drivers/qemu/agent.py", "import json\njson.loads(peer)"),
    (rules.endless, "virshpy/host/a.py", "process.wait()"),
    (rules.endless, "virshpy/host/a.py", "process.communicate(words)"),
    (rules.endless, "virshpy/host/a.py", "poller.poll()"),
    (rules.endless, "virshpy/host/a.py", "listener.accept()"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import ctypes.util"),
    (rules.strangers, "virshpy/drivers/qemu/power.py", "import socket\nsocket.socket()"),
    (rules.strangers, "virshpy/host/a.py", "print('x')"),
    (rules.strangers, "virshpy/shell/commands/a.py", "print('x')"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "from lxml import etree"),
    (rules.strangers, "virshpy/xml/a.py", "import xml.etree.ElementTree as ET"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "from xml.parsers import expat"),
    (rules.strangers, "virshpy/api/a.py", "import click"),
    (rules.strangers, "virshpy/api/a.py", "import asyncio"),
    (rules.strangers, "virshpy/shell/a.py", "import os\nos._exit(1)"),
    (rules.strangers, "virshpy/shell/a.py", "from importlib import import_module"),
    (rules.impure, "virshpy/drivers/qemu/argv/a.py", "from virshpy.host import files"),
    (rules.impure, "virshpy/drivers/qemu/postparse/a.py", "import os\nos.environ['A']"),
    (rules.nameless, "virshpy/host/utils.py", ""),
    (rules.nameless, "virshpy/common/a.py", ""),
    (rules.nameless, "virshpy/drivers/qemu/argv/small.py", ""),
    (rules.nameless, "virshpy/driver/everything.py", ""),
    (rules.borrowed, "tests/a/test_b.py", "from tests.a.test_c import wait"),
    (rules.borrowed, "tests/a/living.py", "from tests.a import test_c"),
    (rules.borrowed, "tests/a/test_b.py", "CHILD = 'import os\\nfrom tests.a.test_b import wait\\n'"),
    (rules.too_long, "virshpy/a.py", "\n" * 801),
    (rules.too_long, "virshpy/a.py", "def f():\n" + "    pass\n" * 60),
    (rules.lazy, "virshpy/drivers/qemu/__init__.py", "def __getattr__(name): ..."),
    (rules.undocumented, "virshpy/a.py", "x = 1"),
]

GOOD = [
    (rules.wrong_arrows, "virshpy/drivers/qemu/a.py", "from virshpy.xml import element\nfrom ...host import store"),
    (rules.wrong_arrows, "virshpy/shell/a.py", "from virshpy import api, errors\nfrom virshpy.shell.b import c"),
    (rules.wrong_arrows, "virshpy/host/steps/kinds.py", "STEPS = {'told': 'virshpy.drivers.qemu.steps'}"),
    (rules.wrong_arrows, "virshpy/driver/registry.py", "def f():\n    from virshpy.drivers.qemu.driver import X"),
    (rules.strangers, "virshpy/host/processes.py", "import subprocess"),
    (rules.strangers, "virshpy/host/files.py", "import os\nos.unlink('a')"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "open('a')\nopen('a', 'rb')\nopen('a', mode='r')"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import os\nos.path.exists('a')\nos.stat('a')"),
    (rules.strangers, "virshpy/shell/render/output.py", "print('x')"),
    (rules.strangers, "virshpy/shell/a.py", "self.print('x')"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import socket\nsocket.gethostname()"),
    (rules.strangers, "virshpy/drivers/qemu/a.py", "import shutil\nshutil.which('a')"),
    (rules.endless, "virshpy/host/a.py", "import select\nselect.poll().poll(5)\nprocess.communicate(words, 60)"),
    (rules.endless, "virshpy/shell/console.py", "poller.poll()"),
    (rules.impure, "virshpy/drivers/qemu/argv/a.py", "from virshpy.xml.domain import Domain"),
    (rules.nameless, "virshpy/host/files.py", ""),
    (rules.borrowed, "tests/a/test_b.py", "from tests.a.living import wait\nfrom tests.testdriver import lines"),
    (rules.too_long, "virshpy/a.py", "def f():\n" + "    pass\n" * 59),
    (rules.undocumented, "virshpy/a.py", '"""A story."""\nx = 1'),
    (rules.undocumented, "virshpy/a/__init__.py", ""),
    (rules.lazy, "virshpy/enums/__init__.py", "def __getattr__(name): ..."),
]

Rule = Callable[[Module], Iterator[str]]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_bad_sample_is_found(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Module(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_lawful_sample_is_not(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(Module(path, text)))


def test_every_home_has_a_bad_sample() -> None:
    shown = {
        home.what
        for rule, path, text in BAD
        if rule is rules.strangers
        for home in rules.HOMES
        if list(rules.strangers(Module(path, text), [home]))
    }
    assert shown == {home.what for home in rules.HOMES}


def test_cycles() -> None:
    ring = [
        Module("virshpy/a.py", "from virshpy import b"),
        Module("virshpy/b.py", "from virshpy.c import x"),
        Module("virshpy/c.py", "import virshpy.a"),
    ]
    assert list(rules.cycles(ring)) == ["virshpy.a <-> virshpy.b <-> virshpy.c"]
    late = Module("virshpy/c.py", "def f():\n    import virshpy.a\nif TYPE_CHECKING:\n    import virshpy.a")
    assert not list(rules.cycles([*ring[:2], late]))
    assert list(rules.cycles([*ring[:2], late], deferred=True)) == ["virshpy.a <-> virshpy.b <-> virshpy.c"]
    typed = Module("virshpy/c.py", "if TYPE_CHECKING:\n    import virshpy.a\ndef f(): pass")
    assert not list(rules.cycles([*ring[:2], typed], deferred=True))


def test_machine_paths() -> None:
    here, there = "/ro" + "ot/x", "/wo" + "rk/main"
    assert list(rules.machine_paths("a", f"see {here}"))
    assert list(rules.machine_paths("a", f"cd {there}"))
    assert not list(rules.machine_paths("a", "the /root of it, a/work/b, $X/root/y and /home/user/disk.img"))
