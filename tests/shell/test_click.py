"""The commands in a program that is built on click: what the program prints, by options that click can show."""

from __future__ import annotations

import doctest
import inspect
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import IO, Any

import click
import pytest
from click.shell_completion import BashComplete, ZshComplete
from click.testing import CliRunner

import virshpy.shell.click as documented
from tests.transcripts.transcripts import (
    URI,
    Outcome,
    cases,
    equalised,
    run_virshpy,
    words,
    write_documents,
)
from virshpy.shell.click import Commands
from virshpy.shell.click.group import UNMOUNTED
from virshpy.shell.failure import ParseError
from virshpy.shell.lang import global_options, registry
from virshpy.shell.lang.parser import Separator, parse_words, split
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session

# Earlier versions of click mix the two streams unless they are told not to.
APART: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
RUNNER = CliRunner(**APART)
MOUNTED = sorted(set(registry.names()) - UNMOUNTED)


@click.group()
@click.option("--zone")
@click.pass_context
def admin(ctx: click.Context, zone: str | None) -> None:
    """Looks after the house."""
    ctx.obj = zone


admin.add_command(Commands("vm"))


def run(*argv: str, program: click.Group = admin, env: Mapping[str, str] | None = None, **more: Any) -> Outcome:
    done = RUNNER.invoke(program, argv, env={"VIRSHPY_DEFAULT_URI": URI, **(env or {})}, **more)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    stdout, stderr = (
        stream.decode(errors="surrogateescape") for stream in (done.stdout_bytes, done.stderr_bytes or b"")
    )
    return Outcome(stdout, stderr, done.exit_code)


def test_the_example_of_the_module_runs() -> None:
    assert doctest.testmod(documented) == (0, 5)


def alone(*argv: str, stdout: IO[str] | int) -> subprocess.CompletedProcess[str]:
    """Run the group in a process of its own, which says at its end what it has loaded."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules));"
        "from virshpy.shell.click import Commands; Commands()()"
    )
    root = Path(__file__).parents[2]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", code, *argv]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=root, env=env)


# the same as the program
REPRESENTATIVE = [
    ["list"], ["list", "--all", "--name"], ["domstate", "test"], ["domstate", "--domain", "test"],
    ["domstate", "--domain=test", "--reason"], ["domstate", "--", "test"], ["shutdown", "test", "acpi"],
    ["shutdown", "--mode", "acpi", "test"], ["attach-disk", "test", "src", "vdz", "--mode", "readonly", "--config"],
    ["domstate", "nobody"], ["destroy", "test", "--dry-run"], ["start", "test", "--explain"], ["list", "-o", "json"],
    ["domstate", "nobody", "--output", "json"], ["-o", "yaml", "list", "--all"], ["-o", "csv", "list"],
    ["-r", "destroy", "test"], ["-qr", "list"], ["-t", "uri"], ["--hints", "domstate", "nobody"],
    ["--dry-run", "suspend", "test"], ["--explain", "-c", "bogus:///", "start", "test"], ["-c", "bogus:///", "list"],
    ["-c", "", "uri"], ["echo", "-o", "json", "--xml", "<a>"], ["echo", "--hi"], ["echo", "\udcff\u20ac"],
    ["destroy", "test", "nobody"], ["suspend", "t*"], ["shutdown", "--all"],
    ["nodedev-dettach", "computer"], ["help"], ["help", "start"], ["console", "test"], ["pwd"],
]  # fmt: skip


@pytest.mark.parametrize("line", REPRESENTATIVE, ids=" ".join)
def test_as_the_program(line: list[str]) -> None:
    assert equalised(run("vm", *line)) == equalised(run_virshpy(line))


def test_what_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRSH_DEBUG", "0")
    outcome = run("vm", "list", "--all", "--id")
    assert outcome == run_virshpy(["list", "--all", "--id"]) and "list: all(bool): (none)" in outcome.stdout


def single(argv: list[str]) -> tuple[list[str], list[str]] | None:
    """The options and the command of a line that the group takes as well: one command, and no other options."""
    try:
        parsed = global_options.parse(argv)
        line = list(split(parsed.words[0])) if len(parsed.words) == 1 else list(parsed.words)
    except (global_options.UsageError, ParseError):
        return None
    options = argv[: len(argv) - len(parsed.words)]
    command = [word for word in line if not isinstance(word, Separator)]
    if parsed.show or not command or len(command) < len(line) or not all(map(taken, options)):
        return None
    unlike = command[0] in UNMOUNTED or command[0].startswith(("#", "-")) or "--help" in command
    return None if unlike else (options, command)


def taken(word: str) -> bool:
    """Whether a word before the command is an option of the group, or no option."""
    known = {spelled for parameter in admin.commands["vm"].params for spelled in parameter.opts}
    letters = [f"-{letter}" for letter in word[1:]] if word.startswith("-") and not word.startswith("--") else []
    return word.partition("=")[0] in ("--", *known) if word.startswith("--") else known.issuperset(letters)


def test_every_line_of_the_transcripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "documents"
    differing, compared = [], 0

    def fresh() -> None:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        write_documents(directory)

    monkeypatch.chdir(tmp_path)
    for case in cases():
        found = single(words(case, directory))
        if found is None:
            continue
        options, command = found
        compared += 1
        fresh()
        expected = equalised(run_virshpy([*options, *command]))
        fresh()
        outcome = equalised(run("vm", *options, *command))
        try:
            parse_words(command)
        except ParseError as error:
            told = f"Error: {chr(10).join(error.messages)}\n"
            assert expected.code == 1 and outcome.code == 2, case
            assert outcome.stderr.endswith(told) and not outcome.stdout, case
            continue
        if outcome != expected:
            differing.append(f"{case}\nprogram {expected}\ngroup   {outcome}")
    assert not differing, f"{len(differing)} of {compared} differ\n" + "\n".join(differing)
    assert compared > 260


# help
@pytest.mark.parametrize("name", MOUNTED)
def test_help_of_every_command(name: str) -> None:
    outcome = run("vm", name, "--help")
    declared = registry.find_known(name)
    assert outcome.code == 0 and not outcome.stderr
    assert outcome.stdout.startswith(f"Usage: admin vm {name} [OPTIONS]")
    for option in declared.options:
        assert f"--{option.name}" in outcome.stdout
    for line, _ in declared.examples:
        assert f"    admin vm {line}\n" in outcome.stdout


def test_help_of_the_group_has_the_groups_of_virsh() -> None:
    shown = run("vm", "--help").stdout
    for group in registry.GROUPS:
        section = shown.partition(f"\n{group.title}:\n")[2].partition("\n\n")[0]
        names = [line.split()[0] for line in section.splitlines() if line[2] != " "]
        assert names == [name for name in group.names() if name not in UNMOUNTED]
    assert "nodedev-dettach" not in shown and "-c, --connect URI" in shown
    assert "Manage virtual machines" in run("--help").stdout


def test_parameters_are_those_of_the_declaration() -> None:
    ctx = click.Context(admin.commands["vm"])
    command = Commands().get_command(ctx, "attach-disk")
    assert command is not None
    shown = {parameter.name: parameter for parameter in command.params if not getattr(parameter, "hidden", False)}
    assert isinstance(shown["domain"], click.Argument) and shown["domain"].required
    mode = shown["mode"]
    assert isinstance(mode, click.Option) and not mode.is_flag and mode.metavar == "STRING"
    assert isinstance(shown["config"], click.Option) and shown["config"].is_flag
    assert {"output", "explain", "dry_run", "pager"} < set(shown)
    assert {"--shareable", "-o"} < {name for parameter in command.params for name in parameter.opts}


def test_arguments_that_may_be_several() -> None:
    shown = run("vm", "suspend", "--help").stdout
    assert "vm suspend [OPTIONS] DOMAIN..." in shown and "  [--domain] DOMAIN..." in shown
    assert "vm shutdown [OPTIONS] [DOMAIN]..." in run("vm", "shutdown", "--help").stdout  # or --all
    assert "vm domrename [OPTIONS] DOMAIN NEW_NAME\n" in run("vm", "domrename", "--help").stdout


def test_what_takes_words_as_they_come_has_no_short_options() -> None:
    assert "  --output FORMAT" in run("vm", "echo", "--help").stdout


def test_click_is_told_what_was_given() -> None:
    group = click.Context(Commands("vm"), info_name="vm", obj=Session(global_options.Settings(), Renderer("plain")))
    for name, typed, told in (
        ("suspend", ["a", "b"], {"domain": ("a", "b"), "output": None, "dry_run": False}),
        ("shutdown", ["a", "--mode=acpi", "-o", "json"], {"domain": ("a",), "mode": "acpi", "output": "json"}),
        ("domrename", ["--new-name", "b", "a"], {"domain": "a", "new_name": "b"}),
        ("domstate", ["a", "--reason", "--dry-run"], {"reason": True, "dry_run": True}),
    ):
        command = Commands().get_command(group, name)
        assert command is not None
        params = command.make_context(name, typed, parent=group).params
        assert told.items() <= params.items()


def test_tools_that_write_documentation_see_everything() -> None:
    found = admin.to_info_dict(click.Context(admin, info_name="admin"))["commands"]["vm"]["commands"]
    assert set(found) == {name for name in MOUNTED if name not in registry.HIDDEN}
    assert [one["name"] for one in found["domstate"]["params"]][:1] == ["domain"]


def test_help_by_the_name_that_the_program_has_for_it() -> None:
    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    def house() -> None: ...

    house.add_command(Commands("vm"))
    assert run("vm", "list", "--all", "-h", program=house).stdout.startswith("Usage: house vm list")
    assert run("vm", "echo", "--", "-h", program=house).stdout == "-h\n"
    assert run("vm", "echo", "-h").stdout == "-h\n"


# what goes wrong
def test_a_line_that_cannot_be_read_is_a_usage_error() -> None:
    outcome = run("vm", "domstate", "--bogus")
    assert outcome.code == 2 and not outcome.stdout
    assert outcome.stderr.startswith("Usage: admin vm domstate [OPTIONS] DOMAIN...\n")
    assert outcome.stderr.endswith("Error: command 'domstate' doesn't support option --bogus\n")
    with pytest.raises(click.UsageError, match="requires <domain> option"):
        admin(["vm", "domstate"], standalone_mode=False)


def test_an_unknown_command() -> None:
    outcome = run("vm", "--hints", "dmstate")
    assert outcome.code == 2 and outcome.stderr.endswith(
        "Error: unknown command: 'dmstate'\nHint: did you mean 'domstate'?\n"
    )
    assert run("vm", "quit").code == 2


def test_a_bad_format_for_the_group() -> None:
    outcome = run("vm", "-o", "xml", "list")
    assert outcome.code == 2 and "option -o takes one of plain, rich" in outcome.stderr


@pytest.mark.parametrize("line", [["-o", "json", "domstate"], ["domstate", "-o", "json"], ["-o", "json", "bogus"]])
def test_who_wants_json_gets_errors_in_json(line: list[str]) -> None:
    outcome = run("vm", *line)
    assert outcome.code == 2 and json.loads(outcome.stderr)["error"]["kind"] == "usage"
    if line[-1] != "bogus":
        assert outcome.stderr == run_virshpy(line).stderr


def test_a_failure_without_standalone_mode_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    code = admin(["vm", "-c", URI, "domstate", "nobody"], standalone_mode=False)
    assert code == 1 and capsys.readouterr().err == "error: failed to get domain 'nobody'\n"


def test_a_fault_of_the_program_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def faulty() -> None:
        raise RuntimeError("sorry")

    monkeypatch.setattr(registry.find_known("pwd"), "handler", faulty)
    outcome = run("vm", "pwd", env={"XDG_STATE_HOME": str(tmp_path)})
    assert outcome.code == 1 and "RuntimeError: sorry" in outcome.stderr and "Traceback" not in outcome.stderr


@pytest.mark.parametrize("line", [["list"], ["-q", "echo", "short"]], ids=" ".join)
def test_output_that_takes_nothing(line: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = alone("-c", URI, *line, stdout=full)
    assert done.returncode == 1
    assert done.stderr == "error: Failed to write to standard output: No space left on device\n"


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    outcome = run("vm", "uri", env={"VIRSH_LOG_FILE": str(tmp_path)})
    assert outcome == Outcome("", "error: failed to open the log file. check the log file path\n", 1)


# one session a line
@pytest.fixture
def web(tmp_path: Path) -> str:
    """The URI of a host whose only domain is called web."""
    host = tmp_path / "host.xml"
    host.write_text(
        "<node><domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os></domain></node>"
    )
    return f"test://{host}"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The URIs of the sessions that were closed."""
    found: list[str | None] = []
    close = Session.close

    def noted(session: Session) -> None:
        found.append(session.uri)
        close(session)

    monkeypatch.setattr(Session, "close", noted)
    return found


def test_nothing_of_a_line_is_left_to_the_next(web: str, closed: list[str | None]) -> None:
    assert run("vm", "-r", "-o", "json", "-c", URI, "destroy", "test").code == 1
    assert run("vm", "-q", "-c", web, "list", "--name").stdout == "web\n"
    assert run("vm", "-c", URI, "destroy", "test").stdout == "Domain 'test' destroyed\n\n"
    assert closed == [URI, web, URI]


def test_an_interrupt_is_the_business_of_the_program(monkeypatch: pytest.MonkeyPatch, closed: list[str | None]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registry.find_known("pwd"), "handler", interrupted)
    outcome = run("vm", "-c", URI, "pwd")
    assert outcome.code == 1 and outcome.stderr.endswith("Aborted!\n") and closed == [URI]


def test_streams_are_left_as_they_were() -> None:
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="ascii")) as stream:
        admin(["vm", "echo", "\udcff\u20ac"], standalone_mode=False)
        assert (stream.encoding, stream.errors) == ("ascii", "strict")
        assert isinstance(stream.buffer, io.BytesIO) and stream.buffer.getvalue() == b"\xff\xe2\x82\xac\n"


# in a program of another's
def test_the_environment_and_the_programs_own_defaults() -> None:
    assert run("vm", "uri", env={"VIRSHPY_OUTPUT": "json"}).stdout == run_virshpy(["-o", "json", "uri"]).stdout
    assert "VIRSHPY_OUTPUT is none of" in run("vm", "uri", env={"VIRSHPY_OUTPUT": "xml"}).stderr
    program = Commands("vm", context_settings={"default_map": {"connect": "test:///default", "quiet": True}})
    assert run("uri", program=program, env={"VIRSHPY_DEFAULT_URI": "bogus:///"}).stdout == "test:///default\n"


def test_the_program_may_add_commands_and_keeps_its_own_object() -> None:
    vm = Commands("vm", help="Our machines.")

    @vm.command()
    @click.pass_obj
    def count(session: Session) -> None:
        """Say how many there are."""
        click.echo(len(session.connection.list_domains()))

    @vm.command("start")
    def start() -> None:
        """Nothing is started here."""

    @click.group()
    @click.pass_context
    def house(ctx: click.Context) -> None:
        ctx.obj = "ours"

    @house.result_callback()
    @click.pass_obj
    def after(obj: object, result: object) -> None:
        click.echo(obj)

    house.add_command(vm, name="machines")
    assert run("machines", "count", program=house).stdout == "1\nours\n"
    assert run("machines", "-q", "uri", program=house).stdout == f"{URI}\nours\n"
    shown = run("machines", "--help", program=house).stdout
    assert "Further commands:\n  count  Say how many there are." in shown and "Nothing is started" in shown
    assert "  Our machines.\n" in shown


def test_alone_it_is_a_program() -> None:
    assert run("domstate", "test", program=Commands()).stdout == "running\n\n"
    assert "Usage: virshpy [OPTIONS] COMMAND" in run("--help", program=Commands()).stdout


# completion
def offered(*typed: str, program: click.Group = admin) -> list[str]:
    complete = BashComplete(program, {}, "admin", "_ADMIN_COMPLETE")
    return [item.value for item in complete.get_completions(list(typed[:-1]), typed[-1])]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["vm", "domst"], ["domstate", "domstats"]),
        (["vm", "qu"], []),
        (["vm", "--re"], ["--readonly"]),
        (["vm", "-c", "qemu:///se"], ["qemu:///session"]),
        (["vm", "--output=j"], ["json"]),
        (["vm", "domstate", "t"], ["test"]),
        (["vm", "domstate", "--domain", "t"], ["test"]),
        (["vm", "domstate", "--domain=t"], ["test"]),
        (["vm", "domstate", "--domain", "=", "t"], ["test"]),  # as bash takes it apart
        (["vm", "domstate", "--", "t"], ["test"]),
        (["vm", "shutdown", "--mode", "acpi", "--domain=t"], ["test"]),
        (["vm", "attach-disk", "test", "--target=v"], ["vdb"]),
        (["vm", "attach-disk", "test", "--target", "v"], ["vdb"]),
        (["vm", "setmem", "--kilobytes=1", "t"], ["test"]),
        (
            ["vm", "domstate", "test", "--"],
            ["--reason", "--output", "--explain", "--dry-run", "--pager", "--no-pager", "--help"],
        ),
        (["vm", "domstate", "test", "--", "--"], []),
        (["vm", "domstate", "--explain", "--ex"], []),  # given already
        (["vm", "list", "--table", "--na"], []),  # ruled out
        (["vm", "list", "-o", "y"], ["yaml"]),
        (["vm", "list", "--output", "y"], ["yaml"]),
        (["vm", "list", "--output=y"], ["yaml"]),
        (["vm", "shutdown", "test", "--mode", "a"], ["acpi", "agent"]),
        (["vm", "shutdown", "test", "--mode=ag"], ["agent"]),
        (["vm", "shutdown", "test", "ac"], ["acpi"]),
        (["vm", "send-key", "test", "--codeset", "xt"], ["xt", "xt_kbd"]),
        (["vm", "domstats", "test", "t"], []),
        (["vm", "domstate", "nobody", "t"], ["test"]),
        (["vm", "start", ""], []),  # it runs
        (["vm", "echo", "--str", "x"], []),
        (["vm", "domstate", "--bogus", "t"], []),
        (["vm", "-c", "bogus:///", "domstate", ""], []),
        (["vm", "-o", "xml", "domstate", "te"], ["test"]),
    ],
    ids=lambda one: " ".join(one),
)
def test_completion(typed: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRSHPY_DEFAULT_URI", URI)
    assert offered(*typed) == expected


def test_completion_asks_the_connection_that_is_named(web: str, closed: list[str | None]) -> None:
    assert offered("vm", "-c", web, "dominfo", "") == ["web"]
    assert closed == [web]


def test_completion_says_what_things_are() -> None:
    def described(*typed: str) -> list[tuple[str, str | None]]:
        complete = ZshComplete(admin, {}, "admin", "_ADMIN_COMPLETE")
        return [(item.value, item.help) for item in complete.get_completions(list(typed[:-1]), typed[-1])]

    assert described("vm", "-c", URI, "domstate", "t") == [("test", "running")]
    assert described("vm", "domstate", "--rea") == [("--reason", "print the reason for the state, too")]
    assert described("vm", "dominf") == [("dominfo", registry.find_known("dominfo").summary)]


def test_completion_as_a_shell_asks_for_it() -> None:
    env = {"COMP_WORDS": f"admin vm -c {URI} domstate t", "COMP_CWORD": "5", "_ADMIN_COMPLETE": "bash_complete"}
    assert run(env=env, prog_name="admin").stdout == "plain,test\n"


def test_only_what_a_line_needs_is_loaded() -> None:
    loaded = alone("-c", URI, "uri", stdout=subprocess.PIPE).stdout.split()
    commands = {name for name in loaded if name.startswith("virshpy.shell.commands.")}
    assert commands == {"virshpy.shell.commands.host"} and "prompt_toolkit" not in loaded
