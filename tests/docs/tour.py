"""README's tour in a home of its own: somebody types its lines, in order, and looks whether the page is right.

The page is followed with a user's connection, also by root. What the network would bring is replaced by stand-ins:

- `curl` makes an empty image of the name that is asked for;
- the guest that would boot from it boots the tests' small Linux instead (kit/guest.py), with everything else as
  `web.xml` says, and listens at port 22;
- `ssh` prints what comes from the port that it is to connect to, for there is no sshd in that guest.
"""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.guest import Guest
from tests import needs
from tests.docs.transcript import Names, Shell, fenced, follow, lines
from tests.guests.living import wait_for_end
from tests.shell.terminals import Terminal

CHECKOUT = Path(__file__).parents[2]
README = CHECKOUT / "README.md"
# Lines of a user's that are not typed here, by their beginnings, and why.
LEFT_OUT = {
    "make demo ": "tests/docs/test_demo.py runs it",
    "make test": "it is what runs this test",
}
NEEDS = [
    needs.qemu,
    needs.program("qemu-img", "qemu-utils"),
    needs.program("genisoimage", "genisoimage"),
    needs.program("ssh-keygen", "openssh-client"),
    needs.program("jq", "jq"),
    pytest.mark.usefixtures("guest"),
]
PROMPT = "guest# "
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
CURL = """\
#!/bin/sh
for url; do :; done
exec qemu-img create -q -f qcow2 "${url##*/}" 1G
"""
SSH = f"""\
#!{sys.executable}
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[sys.argv.index("-p") + 1])), 5) as connection:
    said = connection.makefile().readline()
sys.exit(print(said, end="") if said else 255)
"""


def is_left_out(command: str) -> bool:
    return command.startswith(tuple(LEFT_OUT))


class Tour:
    """``home`` is the user's. He has virshpy's ``examples``, and its command in ``programs``.

    ``python`` is one that has the library, and ``library`` where that is looked for besides.
    """

    def __init__(
        self, home: Path, programs: Path, examples: Path, guest: Guest, *, python: str, library: str = ""
    ) -> None:
        self.home = home
        self._python = python
        self._guest = guest
        self._port = free_port()
        self.place = home / "checkout"
        shutil.copytree(examples, self.place / "examples")
        stand_ins = home / "stand-ins"
        stand_ins.mkdir()
        for name, text in (("curl", CURL), ("ssh", SSH)):
            path = stand_ins / name
            path.write_text(text)
            path.chmod(0o755)
        # Where the page says that it is.
        (self.place / ".venv").mkdir()
        (self.place / ".venv/bin").symlink_to(programs)
        (home / "run").mkdir(mode=0o700)
        self.environment = {
            "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "VIRSHPY_DEFAULT_URI": "qemu:///session",
            "PATH": f"{stand_ins}:{SYSTEM_PATH}", "LC_ALL": "C.UTF-8", "TERM": "dumb", "PYTHONPATH": library,
        }  # fmt: skip

    def follow(self) -> int:
        """Type every line that a user types; how many they were. What runs at the end, whatever it is, is stopped."""
        names = Names({"2222": self._port})
        typed = [line for line in lines(README.read_text()) if line.prompt == "$" and not is_left_out(line.command)]
        with Shell(self.place, self.environment) as shell, stopping(shell):
            for line in typed:
                if line.command.startswith("until ssh "):
                    self._listen()
                command = names.put_in(line.command)
                follow(README.name, line, shell.type(command), names)
                if line.command.startswith("kill -9 "):
                    wait_for_end(int(command.split()[-1]))
                if line.command.startswith("mkdir -p ~/guests "):
                    self._replace_system(self.home / "guests" / "web.xml")
            for block in fenced(README.read_text(), "python"):
                (self.home / "block.py").write_text(block.replace("/tmp/guests", str(self.home / "embed")))
                assert re.fullmatch(r".*running.*", shell.type(f"{self._python} ~/block.py"), re.IGNORECASE)
        return len(typed)

    def _replace_system(self, path: Path) -> None:
        """The guest's own kernel in place of what its image would boot, and a port of the host that is free."""
        text = path.read_text()
        boot = f"<kernel>{self._guest.kernel}</kernel><initrd>{self._guest.initrd}</initrd>"
        boot += f"<cmdline>{self._guest.cmdline()}</cmdline>"
        changed = text.replace("hvm</type>", f"hvm</type>{boot}").replace("127.0.0.1:2222-", f"127.0.0.1:{self._port}-")
        assert changed.count(boot) == 1 == changed.count(f":{self._port}-")
        path.write_text(changed)

    def _listen(self) -> None:
        """On its console the guest takes the address that QEMU's network has for it, and listens. It sees the seed."""
        console = Terminal([str(self.place / ".venv/bin/virshpy"), "console", "web"], self.environment)
        console.send("\r")
        console.expect(PROMPT)
        console.type("dd if=/dev/vdb bs=1 skip=32808 count=6 2>/dev/null\r", f"\ncidata{PROMPT}")
        console.type("grep -c 'ssh-ed25519 A' /dev/vdb\r", f"\n1\r\n{PROMPT}")
        console.type("cat /sys/block/vda/size\r", f"\n{10 * 1024**3 // 512}\r\n{PROMPT}")
        console.type("ip address add 10.0.2.15/24 dev eth0; nc -ll -p 22 -e uname -s &\r", PROMPT)
        console.send("\x1d")
        assert console.end() == 0


@contextmanager
def stopping(shell: Shell) -> Iterator[None]:
    """However it ends, no guest is left running."""
    try:
        yield
    finally:
        for name in shell.type("virshpy -q list --name").split():
            shell.type(f"virshpy destroy {name}")


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
