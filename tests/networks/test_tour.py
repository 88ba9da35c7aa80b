"""docs/networking.md: its tour is followed in a host of its own, with guests that boot."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from kit.guest import Guest
from kit.router import initrd_of_router
from tests import needs
from tests.conftest import with_initrd
from tests.docs.tour import CHECKOUT
from tests.docs.transcript import Line, Names, follow, lines
from tests.networks.consoles import Console
from tests.networks.space import Host
from virshpy import open as connect

pytestmark = [
    needs.root, needs.qemu, needs.program("nft", "nftables"), needs.program("dnsmasq", "dnsmasq-base"),
    needs.program("busybox", "busybox-static"),
]  # fmt: skip

PAGE = CHECKOUT / "docs/networking.md"
_FOLDER = Path("/tmp/two-lans")


class Tour:
    """The lines of root are typed in the host, those of a guest at its console."""

    def __init__(self, host: Host, consoles: ExitStack) -> None:
        self.host = host
        self.names = Names()
        self.consoles: dict[str, Console] = {}
        self._stack = consoles

    def type(self, line: Line) -> None:
        guest = line.prompt[:-1]
        said = self._in_guest(guest, line.command) if guest else self._as_root(line.command)
        follow(PAGE.name, line, said.strip("\n"), self.names)

    def _as_root(self, command: str) -> str:
        # A guest is made paused, so that its console says nothing before it is heard.
        command = re.sub(r"(virshpy create [^\s;]+)", r"\1 --paused", command)
        program = f"{shlex.quote(sys.executable)} -m virshpy -c '{self.host.uri}'"
        script = f'virshpy() {{ {program} "$@"; }}\ncd {CHECKOUT}\n{command}'
        done = self.host.run("bash", "-c", script, check=False, timeout=100)
        assert not done.returncode, done.stderr
        said = done.stdout
        if "virshpy create" in command:
            self._listen(re.findall(r"Domain '(\w)' created", said))
        return said

    def _listen(self, names: list[str]) -> None:
        connection = self._stack.enter_context(connect(self.host.uri))
        made = {name: Console(connection, name) for name in names}
        for name, console in made.items():
            self.consoles[name] = self._stack.enter_context(console)

    def _in_guest(self, guest: str, command: str) -> str:
        return self.consoles[guest](command, 60)


def test_the_tour(host: Host, guest: Guest) -> None:
    # From within the host, which is behind nothing, no package could be got.
    with_initrd(guest, initrd_of_router, host.root / "initrd", "the guest with nft")
    typed = list(lines(PAGE.read_text()))
    assert len([line for line in typed if line.prompt != "#"]) > 5

    def follow_all() -> None:
        with ExitStack() as stack:
            tour = Tour(host, stack)
            for line in typed:
                tour.type(line)

    try:
        host.inside(follow_all)
        assert not host.state()["processes"] and not _FOLDER.exists()
    finally:
        shutil.rmtree(_FOLDER, ignore_errors=True)
        for name in ("one", "two"):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)
