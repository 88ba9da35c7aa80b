"""Called as virsh: what fences hosts, powers machines and watches guests through it finds what it has always found.

The dialogues are those of programs in wide use: fence_virsh, MAAS, Pacemaker's VirtualDomain, libvirt-guests, and the
one-line parsers of many scripts. Each is played with a real guest, into a pipe and on terminals of several names.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.shell.programs import installed
from tests.shell.terminals import NAMES, Terminal, named
from tests.transcripts.transcripts import URI, VIRSH
from virshpy import __version__

pytestmark = needs.qemu

GUEST = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><disk type='file' device='disk'>
<driver name='qemu' type='raw'/><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
<console type='pty'/></devices></domain>"""
# fence_virsh and its like take these for a guest that is on.
ON = ("running", "blocked", "idle", "no state", "paused")
WELCOME = "Welcome to virsh, the virtualization interactive terminal."
on_terminals = pytest.mark.parametrize("name", NAMES, ids=lambda name: f"TERM={name}")
Lines = Callable[[str], str]


@pytest.fixture
def virsh(tmp_path: Path) -> Path:
    return installed(tmp_path / "bin", "virsh")


@pytest.fixture
def guest(root: Path, uri: str, virsh: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A guest that is defined, on the connection that the environment names."""
    disk = root / "disk.img"
    disk.write_bytes(b"\0" * 4096)
    (root / "web.xml").write_text(GUEST.format(name="web", disk=disk))
    monkeypatch.setenv("VIRSHPY_DEFAULT_URI", uri)
    subprocess.run([virsh, "define", root / "web.xml"], check=True, capture_output=True)
    yield "web"
    subprocess.run([virsh, "destroy", "web"], capture_output=True)


def shell_lines(virsh: Path, name: str | None, *, terminal: bool) -> Lines:
    """Runs a line of a script with virsh on its path; what was printed, errors included."""
    environment = named(name, PATH=f"{virsh.parent}:{os.environ['PATH']}")

    def run(line: str) -> str:
        if not terminal:
            done = subprocess.run(
                ["bash", "-c", line], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            return done.stdout
        opened = Terminal(["bash", "-c", line], environment, columns=200)
        opened.end()
        opened.close()
        return opened.sent.decode().replace("\r\n", "\n")

    return run


@pytest.fixture(params=[(False, None), *((True, name) for name in NAMES)], ids=lambda p: f"pty={p[0]},TERM={p[1]}")
def line(request: pytest.FixtureRequest, virsh: Path) -> Lines:
    """A line of a script: into a pipe, and on each terminal."""
    on_terminal, name = request.param
    return shell_lines(virsh, name, terminal=on_terminal)


def test_fence_virsh(guest: str, line: Lines) -> None:
    """It logs in with a terminal and reads lines: a guest that runs and is told to be off lets two nodes write to
    one disk."""

    def status() -> str:
        return "on" if any(shown.strip() in ON for shown in line(f"virsh domstate {guest}").splitlines()) else "off"

    def outlets() -> dict[str, str]:
        rows = [re.match(r"\s*(\S+)\s+(\S+)\s+(\S+)", shown) for shown in line("virsh list --all").splitlines()]
        found = [row.groups() for row in rows if row]
        heading = found.index(("Id", "Name", "State"))
        return {name: "on" if state in ON else "off" for _, name, state in found[heading + 1 :]}

    assert status() == "off" and outlets() == {guest: "off"}
    assert line(f"virsh start {guest}") == f"Domain '{guest}' started\n\n"
    assert status() == "on" and outlets() == {guest: "on"}
    assert "error:" in line("virsh domstate nobody")
    line(f"virsh destroy {guest}")
    assert status() == "off" and outlets() == {guest: "off"}


@on_terminals
def test_maas(guest: str, uri: str, virsh: Path, name: str | None) -> None:
    """It waits for the prompt, types a line, and takes what comes before the next prompt, without the echo."""
    terminal = Terminal([str(virsh), "--connect", uri], named(name))

    def run(words: str) -> str:
        terminal.send(f"{words}\n")
        return "\n".join(terminal.expect("virsh #").splitlines()[1:-1]).strip()

    assert WELCOME in terminal.expect("virsh #")
    assert run("list --all --name") == guest
    assert run(f"domstate {guest}") == "shut off"
    assert run(f"start {guest}") == f"Domain '{guest}' started"
    assert run(f"domstate {guest}") == "running"
    assert re.search(r"^CPU\(s\): +\d+$", run("nodeinfo"), re.M)
    assert run(f"dumpxml {guest}").startswith("<domain type='qemu' id=")
    assert "Running against daemon: 9.0.0" in run("version --daemon")
    assert "Using library: libvirt 9.0.0" in run("version")
    assert run("domstate nobody") == "error: failed to get domain 'nobody'"
    assert run(f"destroy {guest}") == f"Domain '{guest}' destroyed"
    terminal.send("quit\n")
    assert terminal.end() == 0
    terminal.close()
    assert b"\x1b" not in terminal.sent


def test_virtual_domain(guest: str, root: Path, uri: str, line: Lines) -> None:
    """Pacemaker's agent: state, start from a file, saved configuration, a clean stop with destroy as its end."""

    def state() -> str:
        return line(f"virsh -c '{uri}' domstate {guest} 2>/dev/null | tr A-Z a-z").strip()

    assert line("virsh --quiet uri").strip() == uri
    line(f"virsh undefine {guest}")
    assert state() == "" and "failed to get domain" in line(f"virsh domstate {guest}")
    assert "created from" in line(f"virsh -c '{uri}' create {root}/web.xml")
    assert state() == "running"
    assert line(f"virsh dumpxml {guest} | sed -n 's/.*<emulator>\\(.*\\)<\\/emulator>.*/\\1/p'") == (
        "/usr/bin/qemu-system-x86_64\n"
    )
    line(f"virsh dumpxml --inactive --security-info {guest} > {root}/saved.xml")
    assert f"<name>{guest}</name>" in (root / "saved.xml").read_text()
    assert line(f"virsh shutdown {guest}") == f"Domain '{guest}' is being shutdown\n\n"
    assert line(f"virsh destroy {guest}") == f"Domain '{guest}' destroyed\n\n"
    assert state() == ""


def test_libvirt_guests(guest: str, uri: str, line: Lines) -> None:
    """Its loops at the host's power-off, with ON_SHUTDOWN=shutdown."""

    def run(words: str) -> str:
        return line(f"LC_ALL=C virsh -c '{uri}' {words} 2>/dev/null </dev/null").strip()

    assert line(f"virsh -c '{uri}' connect >/dev/null 2>&1 && echo connected") == "connected\n"
    run(f"start {guest}")
    (uuid,) = run("list --uuid --persistent").split()
    assert run("list --uuid --transient") == ""
    assert run(f"domname {uuid}") == guest
    assert run(f"domid {uuid}").isdigit()
    assert run("list").splitlines()[-1].split()[1:] == [guest, "running"]
    run(f"shutdown {uuid}")
    run(f"destroy {uuid}")
    assert run(f"domid {uuid}") == "-"
    assert run("list --uuid") == ""


def test_one_line_parsers(guest: str, root: Path, uri: str, line: Lines) -> None:
    line(f"virsh start {guest}")
    assert line("virsh -q list | awk '{print $2, $3}'") == f"{guest} running\n"
    assert line("virsh list | awk 'NR>2 && NF {print $2}'") == f"{guest}\n"
    assert line(f"virsh -c '{uri}' 'list --all' | tail -n +3 | awk '{{print $3}}'").strip() == "running"
    assert line(f"virsh domblklist {guest} | awk '/vda/ {{print $2}}'") == f"{root}/disk.img\n"
    assert line(f"virsh domblklist {guest} --details | awk '$2 == \"disk\" {{print $3, $4}}'") == (
        f"vda {root}/disk.img\n"
    )
    assert line(f"virsh domiflist {guest} | awk '/virtio/ {{print $5}}'") == "52:54:00:00:00:01\n"
    assert line(f"virsh dominfo {guest} | awk '/^CPU\\(s\\)/ {{print $2}}'") == "1\n"
    assert line(f"virsh dominfo {guest} | grep 'Max memory' | awk '{{print $3 $4}}'") == "32768KiB\n"
    assert line(f"virsh dominfo {guest} | sed -n 's/^State: *//p'") == "running\n"
    assert len(line(f"virsh dominfo {guest} | awk '/UUID:/ {{print $2}}'").strip()) == 36
    assert line("for g in $(virsh list --name); do virsh destroy $g; done") == f"Domain '{guest}' destroyed\n\n"
    assert line("virsh list --name --state-running | sed '/^$/d'") == ""


def test_the_same_bytes_everywhere(guest: str, virsh: Path) -> None:
    """What a command prints on a terminal is what it prints into a pipe, whatever the terminal."""
    lines = [
        "list --all", "dominfo web", "dumpxml web", "domstate nobody", "list --bogus", "nodeinfo", "help list", "start",
        "schedinfo nobody", "net-list", "version", "--version", "-o yaml domstate web", "domblklist web", "nonsense",
    ]  # fmt: skip
    piped = shell_lines(virsh, None, terminal=False)
    on = [shell_lines(virsh, name, terminal=True) for name in NAMES]
    for words in lines:
        expected = piped(f"virsh {words}")
        assert [run(f"virsh {words}") for run in on] == [expected] * len(on)
        assert "hint:" not in expected


def test_the_variable_and_a_link_do_the_same(virsh: Path, tmp_path: Path) -> None:
    link = tmp_path / "virsh"
    link.symlink_to(installed(tmp_path / "own"))
    for argv, environment in (
        ([virsh], {}),
        ([link], {}),
        ([tmp_path / "own" / "virshpy"], {"VIRSHPY_AS": "virsh"}),
    ):
        done = subprocess.run(
            [*argv, "--version"], env={**os.environ, **environment}, capture_output=True, text=True, check=True
        )
        assert done.stdout == "9.0.0\n"
    own = subprocess.run([tmp_path / "own" / "virshpy", "--version"], capture_output=True, text=True, check=True)
    assert own.stdout == f"{__version__}\n"


def test_our_variables_have_no_effect(virsh: Path) -> None:
    environment = {**os.environ, "VIRSHPY_OUTPUT": "json", "VIRSHPY_HINTS": "1", "VIRSHPY_PAGER": "false"}
    done = subprocess.run(
        [virsh, "-c", URI, "domstate test; domstate no"], env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("running\n\n\n", "error: failed to get domain 'no'\n")


DIALOGUE = (
    "list --all", "domstate nobody", "dominfo", "nonsense", "domuuid test; domid test", "net-list", "help net-name",
    "destroy test", "list --all", "connect test:///default --readonly",
)  # fmt: skip


@pytest.mark.skipif(VIRSH is None, reason="needs virsh (package libvirt-clients)")
@on_terminals
def test_a_dialogue_is_the_same_as_with_virsh(virsh: Path, name: str | None) -> None:
    """Byte by byte, but for help's own words, what virsh says of polkit, and its marks around a paste."""
    shown = []
    for program in (VIRSH, str(virsh)):
        terminal = Terminal([str(program), "-c", URI], named(name, LC_ALL="C"), columns=200)
        terminal.expect("virsh # ")
        for typed in DIALOGUE:
            terminal.send(f"{typed}\n")
            terminal.expect("virsh > " if "readonly" in typed else "virsh # ")
        terminal.send("quit\n")
        assert terminal.end() == 0
        terminal.close()
        text = re.sub(r"\x1b\[\?2004[hl]\r?", "", terminal.sent.decode()).replace("\r\n", "\n")
        shown.append(re.sub(r"Authorization not available.*\n|  NAME(?s:.*?)\n\n(?=virsh)", "", text))
    theirs, ours = shown
    assert ours == theirs


def test_a_line_is_only_what_virsh_makes_of_it(virsh: Path, tmp_path: Path) -> None:
    """No pipe, no file, no shell: a script may have such characters in its words."""
    terminal = Terminal([str(virsh), "-c", URI], named("xterm"))
    terminal.expect("virsh # ")
    for typed in ("list | cat", f"list > {tmp_path}/taken", "!echo no"):
        terminal.send(f"{typed}\n")
        assert "error: " in terminal.expect("virsh # ")
    assert not (tmp_path / "taken").exists()
    terminal.close()


def test_completion_of_the_plain_prompt(virsh: Path) -> None:
    terminal = Terminal([str(virsh), "-c", URI], named("dumb"))
    terminal.expect("virsh # ")
    terminal.send("domuu\tte\t")
    terminal.expect("domuuid test")
    time.sleep(0.3)
    terminal.send("\n")
    terminal.expect("6695eb01-f6a4-8304-79aa-97f2502e193f")
    terminal.close()
