"""docs/session-networks.md in a home of an ordinary user's own: he types its lines, in order, as they stand."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.docs.transcript import Names, Shell, fenced, follow, lines
from tests.networks.ordinary import User, dropped, marks

pytestmark = [*marks, needs.qemu, needs.program("pgrep", "procps")]
PAGE = Path(__file__).parents[2] / "docs" / "session-networks.md"


@pytest.fixture
def user(root: Path) -> Iterator[User]:
    made = User(root, uri="qemu:///session")
    yield made
    for pid, _ in made.processes():
        made.kill(pid)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_its_lines_are_right(user: User) -> None:
    text = PAGE.read_text()
    port = free_port()
    for block, name in zip(fenced(text, "xml"), ("lab.xml", "guest-on-lab.xml"), strict=True):
        assert block == (PAGE.parents[1] / "examples" / name).read_text()
        (user.root / "examples").mkdir(exist_ok=True)
        user.file(block.replace("2022", port), f"examples/{name}")
    program = user.file(f'#!/bin/sh\nexec {shlex.join(user.python[len(dropped()) :])} -m virshpy "$@"\n', "virshpy")
    program.chmod(0o755)
    environment = {"PATH": f"{user.root}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
    names = Names()
    with Shell(user.root, environment, before=dropped()) as shell:
        for line in lines(text):
            # Other namespaces of this user's are those of other tests.
            command = line.command.replace("^cat .*/namespace", f"^cat {user.root}/.*/namespace")
            follow(PAGE.name, line, shell.type(command), names)
    assert not user.processes()
