"""The prompt, on a real terminal."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import processes
from tests.shell.terminals import READY, Terminal, named
from tests.transcripts.transcripts import URI
from virshpy.shell.highlight import COMMAND, COMMENT, MARK, OPTION, QUOTED, UNKNOWN, pieces

DOCUMENT = "<domain type='test'><name>typed</name><memory>1024</memory>\n<os><type>hvm</type></os>\n</domain>"
GUEST = """<domain type='qemu'><name>web</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><console type='pty'/></devices></domain>"""


def prompt(environment: dict[str, str]) -> Terminal:
    return Terminal([sys.executable, "-m", "virshpy", "-c", URI], environment)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    opened = prompt(environment)
    yield opened
    opened.close()


@pytest.fixture
def ready(terminal: Terminal) -> Terminal:
    terminal.expect("virshpy #")
    terminal.expect(READY)
    return terminal


def test_prompt(terminal: Terminal, tmp_path: Path) -> None:
    terminal.expect("Welcome to virshpy")
    terminal.expect("virshpy #")
    terminal.expect("Ctrl-D quits")
    terminal.send("domstate test\r")
    terminal.expect("running")
    terminal.expect("Ctrl-D quits")
    terminal.send("domstate nope\r")
    terminal.expect("hint: ")
    terminal.expect("Ctrl-D quits")
    terminal.send("half a li\x03")
    terminal.expect("Ctrl-D quits")
    terminal.send("connect --name test:///default --readonly\r")
    terminal.expect("virshpy >")
    terminal.expect("Ctrl-D quits")
    terminal.send("domin\t")
    terminal.expect("dominfo")
    terminal.send(" te\t")
    time.sleep(0.5)  # what completion types is drawn in pieces
    terminal.send("\r")
    terminal.expect("Security label")
    terminal.expect("virshpy >")
    terminal.expect("Ctrl-D quits")
    terminal.send("\x04")
    assert terminal.end() == 0
    history = tmp_path / "virshpy" / "history"
    assert "+domstate nope" in history.read_text() and history.stat().st_mode & 0o077 == 0


def test_quit(terminal: Terminal) -> None:
    terminal.expect("virshpy #")
    terminal.expect("Ctrl-D quits")
    terminal.send("quit\r")
    assert terminal.end() == 0


def test_menu_shows_what_each_word_is(ready: Terminal) -> None:
    ready.send("net-d\t")
    shown = ready.expect("net-dumpxml")
    assert "net-define" in shown and "define a network from a file" in shown
    ready.send("\x03")


def test_only_what_fits_the_state_is_offered(ready: Terminal) -> None:
    ready.type("set suggestions off\r")  # of what was typed before
    ready.type("destroy test\r")
    ready.send("start te\t")
    ready.expect("start test")
    time.sleep(0.5)  # what completion types is drawn in pieces
    ready.send("\r")
    ready.expect("Domain 'test' started")
    ready.expect(READY)
    ready.send("start te\t")
    assert "start test" not in ready.quiet(1.5)


def test_toolbar_tells_where_and_how_many(ready: Terminal) -> None:
    shown = ready.type("destroy test\r")
    assert f"{URI}  0 running" in shown


def test_history_of_an_earlier_session(ready: Terminal, tmp_path: Path) -> None:
    ready.type("domuuid test\r")
    ready.type("pwd\r")
    ready.send("\x04")
    assert ready.end() == 0
    again = prompt(named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)))
    again.expect(READY)
    again.send("\x12uuid")
    again.expect("domuuid test")
    again.send("\r\r")
    again.expect("6695eb01-f6a4-8304-79aa-97f2502e193f")
    again.expect(READY)
    again.send("\x1b[A")
    again.expect("domuuid test")
    again.send("\x03")
    again.expect(READY)
    again.send("\x04")
    assert again.end() == 0
    again.close()


def test_cancelling_a_command_leaves_the_shell(ready: Terminal) -> None:
    ready.send("event test --event lifecycle --loop\r")
    time.sleep(1)
    ready.send("\x03")
    ready.expect(READY)
    ready.type("domstate test\r", "running")
    ready.expect(READY)
    ready.send("quit\r")
    assert ready.end() == 0


def test_a_document_is_typed(ready: Terminal) -> None:
    ready.send("define /dev/stdin\r")
    ready.expect("Ctrl-D ends it")
    ready.send(DOCUMENT.replace("\n", "\r"))
    ready.send("\x04")
    ready.expect("Domain 'typed' defined from /dev/stdin")
    ready.expect(READY)
    ready.send("define /dev/stdin\r")
    ready.expect("Ctrl-D ends it")
    ready.send("<dom\x03")
    ready.expect(READY)
    ready.type("list --all --name\r", "typed")


def test_a_document_is_pasted_with_its_command(ready: Terminal) -> None:
    ready.send(f"\x1b[200~define /dev/stdin\n{DOCUMENT}\n\x1b[201~")
    time.sleep(0.3)
    ready.send("\r")
    ready.expect("Domain 'typed' defined from /dev/stdin")


def test_a_command_of_the_system(ready: Terminal, tmp_path: Path) -> None:
    ready.type("cd /\r")
    ready.type("pwd\r", "\n/\r\n")
    ready.expect(READY)
    ready.type(f"!touch {tmp_path}/made; echo from $((40 + 2)) shells\r", "from 42 shells")
    assert (tmp_path / "made").exists()


def test_a_terminal_that_changes_its_size(ready: Terminal) -> None:
    ready.resize(20, 40)
    time.sleep(0.3)
    ready.type("domstate test\r", "running")
    ready.expect("virshpy #")
    ready.resize(40, 120)
    time.sleep(0.3)
    ready.send("quit\r")
    assert ready.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_the_terminal_is_as_it_was(number: signal.Signals, tmp_path: Path) -> None:
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    line = f"{sys.executable} -m virshpy -c {URI}; echo left by $?; read -r answer"
    terminal = Terminal(["sh", "-c", line], environment)
    before = termios.tcgetattr(terminal.fd)
    terminal.expect(READY)
    assert termios.tcgetattr(terminal.fd) != before
    program = int(Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()[0])
    os.kill(program, number)
    terminal.expect(f"left by {128 + number}")
    assert termios.tcgetattr(terminal.fd) == before
    terminal.close()


def test_enter_takes_a_word_of_the_menu_and_runs_nothing(ready: Terminal) -> None:
    ready.send("net-d\t")
    ready.expect("net-dumpxml")
    ready.send("\x1b[B\x1b[B\r")
    assert "error" not in ready.quiet(0.5)
    ready.send(" default --title\r")
    ready.expect("net-desc default --title")
    ready.expect(READY)


def test_the_terminal_changes_its_size_under_the_menu(ready: Terminal) -> None:
    ready.send("net-d\t")
    ready.expect("net-dumpxml")
    ready.resize(15, 50)
    shown = ready.expect("running   Ctrl-D quits")  # there is no room for the other keys
    assert "net-define" in shown and "virshpy #" in shown
    ready.resize(30, 100)
    ready.send("\x1b[B\x1b[B\x1b[B\r")
    ready.quiet(0.5)
    ready.send("\x03")
    ready.expect(READY)


def test_a_wide_table_on_a_narrow_terminal(ready: Terminal) -> None:
    ready.resize(30, 40)
    ready.quiet(0.3)
    ready.send("pool-list --details\r")
    ready.expect("Name:       default-pool")
    ready.expect("Available:")
    ready.resize(30, 100)
    ready.quiet(0.3)
    ready.send("pool-list --details\r")
    ready.expect("Name           State     Autostart   Persistent   Capacity")


def test_a_read_only_prompt(ready: Terminal) -> None:
    ready.send("connect test:///default --readonly\r")
    ready.expect("virshpy >")
    assert "read-only" in ready.expect(READY)
    ready.send("destroy test\r")
    ready.expect("operation forbidden: read only access prevents")
    ready.expect("hint: ")
    ready.type("connect test:///default\r", "virshpy #")


def test_another_connection(ready: Terminal, uri: str) -> None:
    ready.send(f"connect {uri}\r")
    ready.expect(f"{uri}  0 running")
    ready.expect(READY)
    ready.send("connect nowhere:///\r")
    ready.expect("error: failed to connect to the hypervisor")
    ready.expect(f"{uri}  0 running")
    ready.expect(READY)


def test_a_quiet_prompt(tmp_path: Path) -> None:
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    terminal = Terminal([sys.executable, "-m", "virshpy", "-q", "-c", URI], environment)
    assert "Welcome" not in terminal.expect(READY)
    terminal.send("list\r")
    shown = terminal.expect("running\r\n")
    assert "State" not in shown
    terminal.expect(READY)
    terminal.send("\x04")
    assert terminal.end() == 0
    terminal.close()


def test_several_commands_on_a_line(ready: Terminal) -> None:
    ready.send("domuuid test; domid test\r")
    ready.expect("6695eb01-f6a4-8304-79aa-97f2502e193f")
    ready.expect("\r\n1\r\n")
    ready.expect(READY)
    ready.send("dominfo te\t; domsta\t")
    ready.expect("domstate")
    ready.send("\x03")


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="needs qemu-system-x86_64 (package qemu-system-x86)")
def test_a_guest_that_dies_under_its_console(tmp_path: Path, uri: str, root: Path) -> None:
    (root / "web.xml").write_text(GUEST)
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", uri], environment)
    terminal.expect(READY)
    terminal.send(f"define {root}/web.xml; start web --paused\r")
    terminal.expect("Domain 'web' started")
    terminal.expect("0 running, 1 paused")
    terminal.expect(READY)
    terminal.send("console web\r")
    terminal.expect("Escape character is ^] (Ctrl + ])")
    terminal.send("\x1d")
    terminal.expect(READY)
    terminal.send("console web\r")
    terminal.expect("Escape character is ^] (Ctrl + ])")
    (pid,) = (pid for pid, _ in processes(f"guest=web,.*{root}"))
    os.kill(pid, signal.SIGKILL)
    terminal.expect("0 running")
    terminal.expect(READY)
    terminal.send("domstate web --reason\r")
    terminal.expect("shut off (crashed)")
    terminal.expect(READY)
    terminal.send("quit\r")
    assert terminal.end() == 0
    terminal.close()


def test_ctrl_z_stops_it_and_it_goes_on(tmp_path: Path) -> None:
    environment = named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path), PS1="shell> ")
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], environment)
    terminal.expect("shell> ")
    terminal.send(f"{sys.executable} -m virshpy -c {URI}\r")
    terminal.expect(READY)
    terminal.send("domstate te")
    terminal.quiet(0.3)
    terminal.send("\x1a")
    terminal.expect("Stopped")
    terminal.send("fg\r")
    terminal.expect(READY)
    terminal.send("st\r")
    terminal.expect("running")
    terminal.expect(READY)
    terminal.send("quit\r")
    terminal.expect("shell> ")
    terminal.send("exit\r")
    assert terminal.end() == 0
    terminal.close()


def test_output_through_the_systems_shell(ready: Terminal, tmp_path: Path) -> None:
    assert "   running\r\n" in ready.type("list --all | grep test\r")
    ready.type(f"dumpxml test > '{tmp_path}/a b.xml'\r")
    assert (tmp_path / "a b.xml").read_text().startswith("<domain type='test' id='1'>\n")
    ready.type(f"domstate test; uri >> '{tmp_path}/a b.xml'; domuuid test | tr 6 x\r", "xx95eb01")
    assert (tmp_path / "a b.xml").read_text().endswith(f"</domain>\n\n{URI}\n\n")
    ready.expect(READY)
    ready.type("help | head -n 1\r", "Grouped commands:")  # whose end is nobody's fault
    assert "error" not in ready.expect(READY)
    ready.send("desc test 'a | b > c'; desc test\r")
    ready.expect("\r\na | b > c\r\n")
    ready.expect(READY)
    ready.type("domstate test\r", "running")


def test_the_systems_shell_gets_the_connection(ready: Terminal, uri: str) -> None:
    ready.send(f"connect {uri}\r")
    ready.expect(f"{uri}  0 running")
    ready.expect(READY)
    ready.send("!echo at $VIRSHPY_DEFAULT_URI\r")
    ready.expect(f"at {uri}\r\n")
    ready.expect(READY)
    ready.send('uri | sed "s,^,$VIRSHPY_DEFAULT_URI is ,"\r')
    ready.expect(f"{uri} is {uri}\r\n")
    ready.expect(READY)


@pytest.mark.parametrize("name", [None, "", "dumb"])
def test_a_terminal_that_only_prints(name: str | None, tmp_path: Path) -> None:
    """The plain prompt: nothing is drawn, and yet there is history, and hints."""
    terminal = Terminal(
        [sys.executable, "-m", "virshpy", "-c", URI],
        named(name, XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)),
    )
    terminal.expect("virshpy # ")
    terminal.send("list | grep test\n")
    terminal.expect(" 1    test   running\r\n")
    terminal.expect("virshpy # ")
    terminal.send("domstate nobody\n")
    terminal.expect("hint: 'list --all' shows the domains")
    terminal.expect("virshpy # ")
    terminal.quiet(0.3)  # Python's readline loses a Ctrl-C that comes while it draws the prompt
    terminal.send("half a li\x03")
    terminal.expect("virshpy # ")
    terminal.send("\x10\x10\n")  # two lines back in the history
    terminal.expect(" 1    test   running\r\n")
    terminal.expect("virshpy # ")
    terminal.send("\x04")
    assert terminal.end() == 0
    terminal.close()
    assert b"\x1b" not in terminal.sent
    again = Terminal(
        [sys.executable, "-m", "virshpy", "-c", URI],
        named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)),
    )
    again.expect(READY)
    again.send("\x12nobody")  # both prompts have one history
    again.expect("domstate nobody")
    again.close()


def test_the_rest_of_a_line_from_history(ready: Terminal) -> None:
    ready.type("domuuid test\r")
    ready.send("domu")
    ready.expect("domuuid test")  # in grey
    ready.send("\x05\r")
    ready.expect("6695eb01-f6a4-8304-79aa-97f2502e193f")
    ready.expect(READY)


def test_preferences_hold_at_once_and_the_next_time(ready: Terminal, tmp_path: Path) -> None:
    ready.send("set output json\r")
    ready.expect("'output' is 'json' from now on")
    ready.expect(READY)
    ready.type("domid test\r", '"id": 1')
    ready.expect(READY)
    ready.type("set menu typing; set editing vi\r")
    ready.send("domuu")
    ready.expect("UUID of a domain")  # the menu, without Tab
    ready.send("id test\x1b")  # Escape: vi's commands
    ready.quiet(1)
    ready.send("0xid\r")  # to the beginning, take a letter, put it in again
    ready.expect('"command": "domuuid"')
    ready.expect(READY)
    ready.send("\x04")
    ready.end()
    kept = (tmp_path / "virshpy" / "shell.conf").read_text()
    assert kept.splitlines()[1:] == ["output = json", "menu = typing", "editing = vi"]
    again = prompt(named("xterm", XDG_STATE_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)))
    again.expect(READY)
    again.send("set output auto\r")
    again.expect("is 'auto' from now on")
    again.expect(READY)
    again.close()


def test_history_lists_what_was_typed(ready: Terminal) -> None:
    ready.type("domid test\r")
    ready.type("pwd\r")
    ready.type("history 2\r", "2 pwd\r\n3 history 2\r\n")


def test_what_the_screen_has_no_room_for_is_paged(ready: Terminal) -> None:
    ready.send("help\r")
    ready.expect("Grouped commands:")
    assert "Welcome" not in ready.quiet(1)
    ready.send("q")
    ready.expect(READY)
    ready.send("help --no-pager\r")
    ready.expect("list the lines that were typed")
    ready.expect(READY)
    ready.type("set pager off\r")
    ready.send("help\r")
    ready.expect("list the lines that were typed")
    ready.expect(READY)


def test_help_marks_what_this_connection_cannot_do(ready: Terminal, uri: str) -> None:
    assert "(not on this connection)" not in ready.type("help snapshot\r")
    ready.send(f"connect {uri}\r")
    ready.expect(f"{uri}  0 running")
    ready.expect(READY)
    shown = ready.type("help snapshot --no-pager\r")
    assert "take a snapshot, from a file (not on this connection)" in shown
    shown = ready.type("help secret --no-pager\r")
    assert shown.count("(not on this connection)") == 1  # secret-event


def test_a_word_ispieces_when_it_is_whole() -> None:
    found = list(pieces("list --all; nonsense 'a b' | sort -n; domst"))
    assert "".join(text for _, text in found) == "list --all; nonsense 'a b' | sort -n; domst"
    assert [(style, text) for style, text in found if style] == [
        (COMMAND, "list"), (OPTION, "--all"), (MARK, ";"), (UNKNOWN, "nonsense"), (QUOTED, "'a b'"), (MARK, "|"),
        (MARK, "sort"), (MARK, "-n"), (MARK, ";"),
    ]  # fmt: skip
    assert list(pieces("")) == [] and list(pieces("!ls 'x")) == [("", "!ls 'x")]
    assert list(pieces("# done")) == [(COMMENT, "# done")]
