"""An ordinary user, who runs virshpy: whoever runs the tests, or nobody where that is root."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import pytest

from kit.guest import Guest
from tests import needs
from tests.guests.documents import document
from tests.processes import processes

_NOBODY = 65534
_HERE = Path(__file__).resolve().parents[2]
_SETPRIV = ["setpriv", "--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups"]

marks = [
    needs.program("unshare", "util-linux"),
    needs.program("slirp4netns", "slirp4netns"),
    needs.program("nft", "nftables"),
    needs.program("dnsmasq", "dnsmasq-base"),
    needs.file("/dev/net/tun", "a kernel with tun"),
]


def dropped() -> list[str]:
    """What comes before a command of the user's."""
    return _SETPRIV if os.geteuid() == 0 else []


def _python() -> list[str]:
    """A Python that the user may run, with what the tests' own has."""
    for path in (sys.executable, shutil.which("python3", path="/usr/bin") or ""):
        program = "import sys, click; sys.exit(sys.version_info < (3, 11))"
        tried = [*dropped(), "env", *_environment(), path, "-c", program]
        if path and not subprocess.run(tried, capture_output=True, cwd="/").returncode:
            return [path]
    pytest.skip("needs a Python that an ordinary user may run")


def _environment() -> list[str]:
    folders = [str(_HERE), *(path for path in sys.path if path.endswith("-packages"))]
    return ["-i", f"PATH={os.environ['PATH']}", "LC_ALL=C", "PYTHONDONTWRITEBYTECODE=1",
            f"PYTHONPATH={':'.join(folders)}"]  # fmt: skip


class User:
    """His connection keeps all in ``root``, which is his."""

    def __init__(self, root: Path, *, uri: str | None = None) -> None:
        self.root = root
        self.uri = uri or f"qemu:///embed?root={root}"
        if os.geteuid() == 0:
            os.chown(root, _NOBODY, _NOBODY)
        if subprocess.run([*dropped(), "unshare", "--user", "--map-root-user", "--net", "true"]).returncode:
            pytest.skip("needs user namespaces for ordinary users")
        self.python = [*dropped(), "env", *_environment(), f"HOME={root}", f"XDG_RUNTIME_DIR={root}/xdg", *_python()]

    def words(self, *words: str) -> list[str]:
        return [*self.python, "-m", "virshpy", "--hints", "-c", self.uri, *words]

    def run(self, argv: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        options = {
            "capture_output": True,
            "text": True,
            "timeout": 100,
            "stdin": subprocess.DEVNULL,
            "cwd": "/",
            **more,
        }
        done: subprocess.CompletedProcess[str] = subprocess.run(argv, **options)
        return done

    def virshpy(self, line: str, *, check: bool = True, before: list[str] | None = None) -> Any:
        done = self.run([*(before or []), *self.words(*([line] if ";" in line else shlex.split(line)))])
        assert "Traceback" not in done.stderr, done.stderr
        assert not check or not done.returncode, f"{line}: {done.stdout}{done.stderr}"
        return done

    def json(self, line: str) -> Any:
        return json.loads(self.virshpy(f"-o json {line}").stdout)["result"]

    def fails(self, line: str, **more: Any) -> str:
        done = self.virshpy(line, check=False, **more)
        assert done.returncode == 1, done.stdout + done.stderr
        return str(done.stderr)

    def file(self, text: str, name: str) -> Path:
        path = self.root / name
        path.write_text(text)
        path.chmod(0o644)
        return path

    def network(self, name: str = "lab", third: int = 150, more: str = "", start: bool = True) -> str:
        """Define a network 192.168.THIRD.0/24 with addresses to give, and start it; what is said to stderr."""
        dhcp = f"<dhcp><range start='192.168.{third}.100' end='192.168.{third}.199'/></dhcp>"
        ip = f"<ip address='192.168.{third}.1' prefix='24'>{dhcp}</ip>"
        body = more if "<ip" in more else f"<forward mode='nat'/>{more}{ip}"
        self.virshpy(f"net-define {self.file(f'<network><name>{name}</name>{body}</network>', f'{name}.xml')}")
        return str(self.virshpy(f"net-start {name}").stderr) if start else ""

    def processes(self) -> list[tuple[int, str]]:
        """His processes by their command lines, which name his directory, or the keeper."""
        found = processes(f"{self.root}[/ ]")
        keepers = [pid for pid, words in found if words.startswith("cat ")]
        return found + [one for pid in keepers for one in processes(rf"^\S*slirp4netns .* {pid} ")]

    def pid(self, pattern: str) -> int:
        [pid] = {pid for pid, words in self.processes() if re.search(pattern, words)}
        return pid

    @property
    def keeper(self) -> int:
        return self.pid("^cat ")

    def inside(self, line: str, check: bool = True) -> str:
        """What a command says in the namespace."""
        words = ["nsenter", "--preserve-credentials", "--user", "--net", "--target", str(self.keeper), "--"]
        done = self.run([*dropped(), *words, *shlex.split(line)])
        assert not check or not done.returncode, done.stderr
        return done.stdout

    def left(self) -> list[str]:
        """What only active networks, and their namespace, may have."""
        files = [path for name in ("networks", "namespace") for path in (self.root / "run").glob(f"{name}/**/*")]
        folder = self.root / "run/namespace"
        return [str(path) for path in files] + ([str(folder)] if folder.exists() else []) + self.held()

    def held(self) -> list[str]:
        program = (
            "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
            "print([row[0] + row[1] for row in db.execute('SELECT subject, phase FROM journal')])"
        )
        said = self.run([*self.python, "-c", program, f"{self.root}/run/run.db"]).stdout
        return [] if said.strip() == "[]" else [said.strip()]

    def gone(self) -> bool:
        """Whether nothing is left: no process, no file, no record."""
        end = time.monotonic() + 3
        while self.processes() and time.monotonic() < end:
            time.sleep(0.02)
        return not self.processes() and not self.left()

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 5
        while self.is_alive(pid) and time.monotonic() < end:
            time.sleep(0.01)

    @staticmethod
    def is_alive(pid: int) -> bool:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        return False


class Console:
    """The shell of a guest whose serial port is a socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.seen = ""

    def wait(self, word: str, seconds: float = 60) -> str:
        """What has been said up to a word."""
        end = time.monotonic() + seconds
        while word not in self.seen:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                data = self.socket.recv(4096)
            except TimeoutError:
                data = b""
            assert data, f"{word} did not come: {self.seen}"
            self.seen += data.decode(errors="replace")
        said, _, self.seen = self.seen.partition(word)
        return said

    def ask(self, line: str, seconds: float = 60) -> str:
        """What a line's commands say; nothing of the echo."""
        self.socket.sendall(f"{line}; echo en''d\n".encode())
        said = self.wait("end\r\n", seconds)
        return said.partition("en''d")[2].strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def guest_xml(user: User, guest: Guest | None, name: str, mac: str, more: str = "", network: str = "lab") -> str:
    serial = f"<serial type='unix'><source mode='bind' path='{user.root}/{name}.sock'/></serial>"
    interface = (
        f"<interface type='network'><mac address='{mac}'/><source network='{network}'/>{more}"
        "<model type='virtio'/></interface>"
    )
    return document(name, interface + serial, guest=guest, memory=96)


def start(user: User, guest: Guest | None, name: str, mac: str, more: str = "", network: str = "lab") -> None:
    path = user.file(guest_xml(user, guest, name, mac, more, network), f"{name}.xml")
    user.virshpy(f"define {path}")
    user.virshpy(f"start {name}")


def forward(port: int, to: int = 22) -> str:
    return f"<portForward proto='tcp' address='127.0.0.1'><range start='{port}' to='{to}'/></portForward>"


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return bool(probe.connect_ex(("127.0.0.1", port)))
