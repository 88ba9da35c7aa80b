"""The program as its users' scripts see it: exit codes, streams, signals, and no traceback ever."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.transcripts.transcripts import URI, run_virshpy
from virshpy.shell.lang import registry

PROGRAM = [sys.executable, "-m", "virshpy"]


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    defaults: dict[str, object] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, "timeout": 60}
    done: subprocess.CompletedProcess[str] = subprocess.run([*PROGRAM, *words], **{**defaults, **options})  # type: ignore[call-overload]
    return done


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("list", 0),
        ("bogus", 1),
        ("domstate nope", 1),
        ("domstate nope; list", 0),
        ("list; domstate nope", 1),
        ("", 1),
        (" ", 0),
    ],
)
def test_exit_code_is_the_last_commands(line: str, code: int) -> None:
    assert run_virshpy(["-c", URI, line]).code == code


def test_hints_on_request() -> None:
    assert "hint:" not in run_virshpy(["-c", URI, "domstate tes"]).stderr
    assert run_virshpy(["--hints", "-c", URI, "domstate tes"]).stderr == (
        "error: failed to get domain 'tes'\nhint: did you mean 'test'?\n"
    )


def test_fault_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fault() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(registry.find_known("pwd"), "handler", fault)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    outcome = run_virshpy(["--hints", "-c", URI, "pwd"])
    kept = tmp_path / "virshpy" / "last-fault.txt"
    assert outcome.code == 1
    assert outcome.stderr == (
        f"error: internal error: ZeroDivisionError: division by zero\nhint: details are in {kept}\n"
    )
    assert "Traceback" in kept.read_text() and kept.stat().st_mode & 0o077 == 0
    assert "Traceback" in run_virshpy(["-d", "0", "-c", URI, "pwd"]).stderr


def test_reader_that_goes_away() -> None:
    program = " ".join(PROGRAM)
    done = subprocess.run(
        ["sh", "-c", f"{program} -c {URI} 'capabilities; capabilities; capabilities' | head -1"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "<capabilities>\n" and done.stderr == ""


NO_ROOM = "error: Failed to write to standard output: No space left on device\n"


def through(redirections: str, *words: str, input: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program with its streams redirected by a shell."""
    argv = ["sh", "-c", f'exec "$@" {redirections}', "sh", *PROGRAM, *words]
    return subprocess.run(argv, input=input, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("words", ["list", "-o json list", "-v", ""])
def test_output_without_room(words: str) -> None:
    done = through(">/dev/full", "-c", URI, *words.split())
    assert (done.returncode, done.stdout, done.stderr) == (1, "", NO_ROOM)


def test_complaints_without_room_do_not_stop_what_follows() -> None:
    done = through("2>/dev/full", "-c", URI, "domstate nope; domstate test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\nrunning\n\n", "")


def test_closed_streams() -> None:
    listed = run("-c", URI, "list")
    assert through(">&-", "-c", URI, "list").returncode == 0
    assert through("2>&-", "-c", URI, "list").stdout == through("<&-", "-c", URI, "list").stdout == listed.stdout
    assert through("2>&-", "-c", URI, "domstate nope").returncode == 1
    done = through("<&-", "-c", URI)
    assert done.returncode == 0 and done.stdout.endswith("virshpy # \n")


def test_closed_streams_lend_their_numbers_to_no_file(uri: str, virshpy: Run) -> None:
    """What is opened next takes the lowest number: what is printed must not go into the records."""
    document = "<domain type='qemu'><name>web</name><memory>1</memory><os><type arch='x86_64'>hvm</type></os></domain>"
    path = Path(uri.partition("root=")[2]) / "web.xml"
    path.write_text(document)
    assert through("<&- >&- 2>&-", "-c", uri, f"define {path}; list --all; domstate nope; list --all").returncode == 0
    assert virshpy("list", "--all", "--name").stdout.split() == ["web"]


def test_interrupt_leaves_by_130() -> None:
    with subprocess.Popen(
        [*PROGRAM, "-c", URI, "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write("echo ready\n")
        process.stdin.flush()
        assert process.stdout.read(len("virshpy # echo")) == "virshpy # echo"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "Traceback" not in process.stderr.read()


def test_log_holds_the_errors(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_virshpy(["-l", str(log), "-c", URI, "domstate nope; bogus; list"])
    run_virshpy(["-l", str(log), "-c", URI, "domstate nope"])
    assert [line.split("] ")[1] for line in log.read_text().splitlines()] == [
        "ERROR unknown command: 'bogus'",
        "ERROR failed to get domain 'nope'",
    ]
    assert run_virshpy(["-l", str(tmp_path / "no" / "log"), "-c", URI, "list"]).code == 1


def test_names_that_are_no_text(tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, "-c", URI, b"domstate \xff\xfe"], capture_output=True, timeout=60)
    assert done.stderr == b"error: failed to get domain '\xff\xfe'\n"


@pytest.mark.parametrize("command", ["domstate", "undefine", "dominfo"])
def test_names_that_are_no_text_are_not_found(command: str, uri: str) -> None:
    done = subprocess.run([*PROGRAM, "-c", uri, command, b"v\xffm"], capture_output=True, timeout=60)
    assert done.stderr == b"error: failed to get domain 'v\xffm'\n"


@pytest.mark.parametrize("root", ["%00", "/tmp/%ff", "x%00/"])
def test_roots_that_are_no_path(root: str) -> None:
    done = run("-c", f"qemu:///embed?root={root}", "uri", errors="surrogateescape")
    assert done.returncode == 1 and "internal error" not in done.stderr and "hypervisor\nerror: " in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_the_terminal_cannot_show(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = run("-c", URI, "desc test --title 日; desc test --title", env=environment)
    shown = "?" if encoding == "latin-1" else "日"
    assert (done.returncode, done.stdout) == (0, f"Domain title updated successfully\n{shown}\n")


def test_what_stands_in_a_line_besides_text() -> None:
    done = subprocess.run([*PROGRAM, "-q", "-c", URI], input=b"ec\0ho a\xffb\n", capture_output=True, timeout=60)
    assert done.stdout.startswith(b"virshpy # echo a\xffb\na\xffb") and not done.stderr


@pytest.mark.parametrize("expression", ["\x01", b"\xff", "//name["])
def test_expressions_that_are_none(expression: str | bytes) -> None:
    done = subprocess.run([*PROGRAM, "-c", URI, "dumpxml", "test", "--xpath", expression], capture_output=True)
    assert done.returncode == 1 and done.stderr.startswith(b"error: invalid argument: ")


def test_no_files_left(uri: str) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (7, 7))

    done = run("-c", uri, "list", preexec_fn=few)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and "Traceback" not in done.stderr


def test_interrupt_while_the_program_is_loaded() -> None:
    """A module that the program needs interrupts it."""
    script = (Path(__file__).parents[2] / "bin" / "virshpy").read_text()
    hook = "import sys, os\nsys.meta_path.insert(0, type('', (), {'find_spec': staticmethod(lambda name, *_: "
    hook += "os.kill(os.getpid(), 2) if name == 'virshpy.shell.main' else None)}))\n"
    done = subprocess.run([sys.executable, "-c", hook + script], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_uri_from_the_environment() -> None:
    environment = {**os.environ, "VIRSHPY_DEFAULT_URI": URI}
    assert run("uri", env=environment).stdout == f"{URI}\n\n"


def test_nothing_is_connected_to_without_need() -> None:
    environment = {**os.environ, "VIRSHPY_DEFAULT_URI": "bogus:///"}
    assert run("echo hi", env=environment).stdout == "hi\n"
    failed = run("list", env=environment)
    assert failed.returncode == 1 and failed.stderr.startswith("error: failed to connect to the hypervisor\nerror: ")


def test_the_installed_program_is_the_same() -> None:
    program = Path(sys.executable).parent / "virshpy"
    if not program.exists():
        pytest.skip("virshpy is not installed beside this Python")
    done = subprocess.run([program, "-c", URI, "domstate nope; list"], capture_output=True, text=True, timeout=60)
    same = run("-c", URI, "domstate nope; list")
    assert (done.returncode, done.stdout, done.stderr) == (same.returncode, same.stdout, same.stderr)


def test_versions() -> None:
    from virshpy import __version__

    assert run_virshpy(["-v"]).stdout == run_virshpy(["--version"]).stdout == f"{__version__}\n"
    assert run_virshpy(["--version=long"]).stdout == run_virshpy(["-V"]).stdout
    assert run_virshpy(["--help"]).stdout.startswith("\nvirshpy [options]")


def test_dry_run_does_nothing() -> None:
    outcome = run_virshpy(["-c", URI, "destroy test --dry-run; undefine test --dry-run; list --name"])
    assert outcome.code == 0 and outcome.stdout.endswith("test\n\n")


@pytest.mark.parametrize("script", ["true", "sed -i s/8388608/4194304/", "false"])
def test_edit(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", script)
    outcome = run_virshpy(["-c", URI, "edit test; dominfo test"])
    if script == "true":
        assert outcome.stdout.startswith("Domain 'test' XML configuration not changed.\n")
    elif script == "false":
        assert "unexpected exit status 1" in outcome.stderr
    else:
        assert outcome.stdout.startswith("Domain 'test' XML configuration edited.\n")


def test_edit_that_is_refused_is_final_off_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i 's/<name>.*//'")
    outcome = run_virshpy(["-c", URI, "edit test"])
    assert outcome.code == 1 and outcome.stderr.startswith("error: ")


def test_desc_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/.*/New/")
    outcome = run_virshpy(["-c", URI, "desc test --edit --title; desc test --title"])
    assert outcome.stdout == "Domain title updated successfully\nNew\n"
