"""Namespaces that stand for hosts: one runs virshpy, others are plugged into its networks as guests would be, or are
servers outside. Links, addresses, nft's tables and settings of the kernel are each namespace's own.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.processes import processes

_PORT = 7777
_SERVER = """
import socket, sys, threading
for family, anybody in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    tcp, udp = socket.socket(family, socket.SOCK_STREAM), socket.socket(family, socket.SOCK_DGRAM)
    for one in (tcp, udp):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((anybody, PORT))
    tcp.listen(8)
    def accept(tcp=tcp):
        while True:
            connection, peer = tcp.accept()
            connection.sendall(f"{peer[0]} {peer[1]}".encode())
            connection.close()
    def answer(udp=udp):
        while True:
            _, peer = udp.recvfrom(100)
            udp.sendto(f"{peer[0]} {peer[1]}".encode(), peer)
    threading.Thread(target=accept, daemon=True).start()
    threading.Thread(target=answer, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
""".replace("PORT", str(_PORT))
_CLIENT = """
import socket, sys
address, protocol = sys.argv[1:3]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM) as one:
    one.settimeout(0.5)
    try:
        one.connect((address, PORT))
        if protocol == "udp":
            one.sendall(b"x")
        print(one.recv(100).decode())
    except TimeoutError:
        print("lost")
    except OSError:
        print("refused")
""".replace("PORT", str(_PORT))
_numbers = itertools.count()


class Space:
    """A network namespace of the test's own."""

    def __init__(self) -> None:
        self.name = f"vp{os.getpid()}n{next(_numbers)}"
        self._servers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        # An address is there at once, and what is refused is always told.
        paths = "ipv6/conf/default/accept_dad ipv6/conf/all/accept_dad ipv6/icmp/ratelimit ipv4/icmp_ratelimit"
        self.run("sh", "-ec", f"ip link set lo up; for path in {paths}; do echo 0 >/proc/sys/net/$path; done")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.communicate("", timeout=10)
        left = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True).stdout.split()
        for pid in left:
            os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "delete", self.name], check=True)

    @property
    def prefix(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def run(self, *words: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a program in it."""
        options = {"capture_output": True, "text": True, "timeout": 60, "stdin": subprocess.DEVNULL, **more}
        done: subprocess.CompletedProcess[str] = subprocess.run([*self.prefix, *words], **options)
        assert not check or not done.returncode, f"{shlex.join(words)}: {done.stdout}{done.stderr}"
        return done

    def ip(self, line: str) -> str:
        return self.run("ip", *line.split()).stdout

    def json(self, line: str) -> Any:
        return json.loads(self.run(*line.split()).stdout or "[]")

    def set(self, path: str, value: int) -> None:
        """A setting of the kernel, below /proc/sys/net."""
        self.run("sh", "-c", f"echo {value} >/proc/sys/net/{path}")

    def setting(self, path: str) -> str:
        return self.run("cat", f"/proc/sys/net/{path}").stdout.strip()

    def configure(self, link: str, addresses: tuple[str, ...], via: tuple[str, ...]) -> None:
        """Give a link addresses (ADDRESS/PREFIX), and the namespace default routes."""
        for address in addresses:
            six = ":" in address
            self.ip(f"{'-6 ' if six else ''}address add {address} dev {link}{' nodad' if six else ''}")
        for gateway in via:
            self.ip(f"{'-6 ' if ':' in gateway else ''}route add default via {gateway}")

    def serve(self) -> None:
        """Answer whoever asks, over TCP and UDP, with the address that he has here."""
        server = subprocess.Popen(
            [*self.prefix, sys.executable, "-S", "-c", _SERVER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert server.stdout is not None and server.stdout.readline() == "ready\n"
        self._servers.append(server)

    def asks(self, address: str, protocol: str = "tcp", tries: int = 4) -> str:
        """What comes of asking a server: ``lost``, ``refused``, or the address and port that it has seen."""
        for _ in range(tries):  # what is lost is tried again: neighbours find each other first
            said = self.run(sys.executable, "-S", "-c", _CLIENT, address, protocol).stdout.strip()
            if said != "lost":
                break
        return said

    def seen_as(self, address: str, protocol: str = "tcp") -> str:
        """The same without the port."""
        return self.asks(address, protocol).partition(" ")[0]


class Host(Space):
    """The host that runs virshpy; ``guest`` and ``outside`` are others, which end with it."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.uri = f"qemu:///embed?root={root}"
        self._others: list[Space] = []
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        # One view of the file systems for all that runs in it: what a start mounts, the next command finds.
        self._keeper = subprocess.Popen(["ip", "netns", "exec", self.name, "sleep", "1000"])
        until(lambda: Path(f"/proc/{self._pid}/comm").read_text() == "sleep\n")
        return self

    @property
    def _pid(self) -> int:
        assert self._keeper is not None
        return self._keeper.pid

    @property
    def prefix(self) -> list[str]:
        return super().prefix if self._keeper is None else ["nsenter", "-t", str(self._pid), "-n", "-m", "--"]

    def inside(self, scenario: Callable[[], None]) -> None:
        """Run a part of a test as a process of this host; what fails there fails here."""
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            said = ""
            try:
                for kind in ("net", "mnt"):
                    _enter(f"/proc/{self._pid}/ns/{kind}")
                scenario()
            except BaseException:
                said = traceback.format_exc()
            os.write(theirs, said.encode())
            os._exit(0)
        os.close(theirs)
        with open(ours) as told:
            said = told.read()
        os.waitpid(pid, 0)
        assert not said, said

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for other in self._others:
            other.__exit__(kind, error, trace)
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.wait()
        super().__exit__(kind, error, trace)

    def virshpy(self, line: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command on its connection."""
        words = [sys.executable, "-m", "virshpy", "--hints", "-c", self.uri, *shlex.split(line)]
        return self.run(*words, check=check, **more)

    def fails(self, line: str) -> str:
        done = self.virshpy(line, check=False)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
        return done.stderr

    def file(self, text: str, name: str = "network.xml") -> Path:
        path = self.root / name
        path.write_text(text)
        return path

    def define(self, body: str, name: str = "lab", bridge: str = "vn0") -> None:
        """Define a network of a body, with a bridge where that names no link."""
        element = "" if "<bridge" in body or "<interface" in body else f"<bridge name='{bridge}' stp='off'/>"
        self.virshpy(f"net-define {self.file(f'<network><name>{name}</name>{element}{body}</network>')}")

    def start(self, body: str, name: str = "lab", bridge: str = "vn0") -> str:
        """Define and start it; what is said to stderr comes back."""
        self.define(body, name, bridge)
        return self.virshpy(f"net-start {name}").stderr

    def bridges_know_vlans(self) -> bool:
        """Whether this kernel has CONFIG_BRIDGE_VLAN_FILTERING."""
        made = self.run("ip", "link", "add", "asked", "type", "bridge", "vlan_filtering", "1", check=False)
        if made.returncode == 0:
            self.ip("link delete asked")
        return made.returncode == 0

    def space(self) -> Space:
        made = Space().__enter__()
        self._others.append(made)
        return made

    def guest(self, bridge: str = "vn0", *addresses: str, via: tuple[str, ...] = (), mac: str | None = None) -> Space:
        """A namespace that is plugged into a bridge, with these addresses (ADDRESS/PREFIX) and default routes."""
        made = self.space()
        end = f"g{next(_numbers)}"
        self.ip(f"link add {end} type veth peer name eth0 netns {made.name}")
        self.ip(f"link set {end} master {bridge} up")
        if mac:
            made.ip(f"link set eth0 address {mac}")
        if via:
            made.set("ipv6/conf/eth0/accept_ra", 0)
        made.ip("link set eth0 up")
        made.configure("eth0", addresses, via)
        return made

    def outside(self, *pairs: tuple[str, str], link: str = "up0") -> Space:
        """A namespace at the other end of a link of the host: pairs of its address and the host's."""
        made = self.space()
        self.ip(f"link add {link} type veth peer name eth0 netns {made.name}")
        self.ip(f"link set {link} up")
        made.ip("link set eth0 up")
        for theirs, ours in pairs:
            made.configure("eth0", (theirs,), (ours.partition("/")[0],))
            self.ip(f"{'-6 ' if ':' in ours else ''}address add {ours} dev {link}{' nodad' if ':' in ours else ''}")
        return made

    def state(self) -> dict[str, Any]:
        """What there is on it: links, rules, routes, settings, files of this boot, processes."""
        links = [(link["ifname"], link.get("master")) for link in self.json("ip -j link")]
        rules = [row for row in self.json("nft -j list ruleset")["nftables"] if "metainfo" not in row]
        return {
            "links": sorted(links),
            "rules": [re.sub(r'"handle": \d+', "", json.dumps(row)) for row in rules],
            "routes": self.ip("route show table all").splitlines(),
            "files": sorted(str(path) for path in (self.root / "run/networks").glob("**/*")),
            "processes": [words for _, words in processes(f"{self.root}[/ ]") if "dnsmasq" in words],
        }

    def dnsmasq(self) -> int:
        """The pid of the one dnsmasq."""
        [(pid, _)] = [found for found in processes(f"{self.root}[/ ]") if "dnsmasq" in found[1]]
        return pid


def _enter(path: str) -> None:
    """Join a namespace, as os.setns of Python 3.12 does."""
    library = ctypes.CDLL(None, use_errno=True)
    with open(path) as namespace:
        if library.setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"cannot join {path}")


def until(seen: Any, seconds: float = 10) -> Any:
    """Wait for something; what it is."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found
