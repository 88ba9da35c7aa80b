"""The renderer: virsh's bytes, the terminal's colours over the same text, and the JSON schema."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.shell.terminals import Terminal, named
from tests.transcripts.transcripts import URI, run_virshpy
from virshpy import errors
from virshpy.errors import codes
from virshpy.shell.failure import Failure
from virshpy.shell.lang.vocabulary import ERROR_KINDS
from virshpy.shell.progress import pace
from virshpy.shell.render.grid import fold, table
from virshpy.shell.render.layout import printable, table_text, width
from virshpy.shell.render.output import Renderer, error_data
from virshpy.shell.render.results import (
    Document,
    Field,
    Fields,
    Lines,
    Message,
    Plan,
    Progress,
    Result,
    Stats,
    Table,
    Text,
)
from virshpy.shell.render.terminal import bar, xml
from virshpy.shell.render.terminal import json as coloured_json

COLUMNS = [("id", "Id"), ("name", "Name"), ("state", "State"), ("uuid", None)]
ROWS = Table("domains", COLUMNS, [(3, "a", "running", "u")])


@pytest.mark.parametrize(
    ("done", "seconds", "told"),
    [
        (1 << 30, 2, "512.00 MiB/s  0:06 left"), (1 << 20, 1, "1.00 MiB/s  1:08:15 left"), (0, 5, ""), (4 << 30, 9, ""),
    ],
)  # fmt: skip
def test_a_bar_says_how_fast_it_goes_and_how_long_it_takes(done: int, seconds: float, told: str) -> None:
    shown = bar(Progress("Copy", done, 4 << 30, asked=False, pace=pace(done, 4 << 30, seconds)))
    assert (told in shown) if told else ("left" not in shown)


def test_table() -> None:
    assert ROWS.plain() == " Id   Name   State\n----------------------\n 3    a      running\n"


def test_table_without_heading_is_as_narrow_as_its_rows() -> None:
    assert ROWS.plain(quiet=True) == " 3   a   running\n"


def test_empty_table() -> None:
    empty = Table("domains", ROWS.columns, [])
    assert empty.plain() == " Id   Name   State\n--------------------\n"
    assert empty.plain(quiet=True) == ""


def test_empty_last_cell_keeps_its_place() -> None:
    assert table_text([["a", "b"], ["cc", ""]], ruled=False) == " a    b\n cc   \n"


def test_wide_characters_take_two_columns() -> None:
    assert width("日本") == 4 and width("e\u0301") == 1
    assert table_text([["日本", "x"], ["abcde", "y"]], ruled=False) == " 日本    x\n abcde   y\n"


def test_control_characters_cannot_break_a_table() -> None:
    assert printable("a\nb\x1b") == "a\\x0ab\\x1b"


def test_missing_value_is_a_dash() -> None:
    assert Lines("domains", ["id", "name"], [(None, "a")]).plain() == "- a\n"


def test_fields() -> None:
    fields = Fields([Field("id", "Id", 3), Field("memory_kib", "Used memory", 5, "5 KiB")], 16)
    assert fields.plain() == "Id:             3\nUsed memory:    5 KiB\n"
    assert fields.data() == {"id": 3, "memory_kib": 5}


def test_quiet_drops_messages_only() -> None:
    assert Message("done").plain(quiet=True) == "" and Text("uri", "x").plain(quiet=True) == "x\n"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (ROWS, {"domains": [{"id": 3, "name": "a", "state": "running", "uuid": "u"}]}),
        (Lines("domains", ["id"], [(3,)]), {"domains": [{"id": 3}]}),
        (Lines("domains", ["id", "name"], [(3, "a")]), {"domains": [{"id": 3, "name": "a"}]}),
        (Message("done", domain="a"), {"message": "done", "domain": "a"}),
        (Text("state", "running (booted)", "running", reason="booted"), {"state": "running", "reason": "booted"}),
        (Document("<a/>\n"), {"xml": "<a/>\n"}),
        (Stats([("a", {"state.state": 1})]), {"domains": [{"name": "a", "stats": {"state.state": 1}}]}),
        (Plan(["mkdir x"]), {"plan": ["mkdir x"]}),
    ],
)
def test_data(result: Result, expected: dict[str, object]) -> None:
    assert result.data() == expected


def test_error_data() -> None:
    cause = errors.OperationInvalid("domain is not running", hint="start it", domain=errors.ErrorDomain.QEMU)
    assert error_data(Failure("Failed to destroy domain 'x'", cause), "destroy") == {
        "kind": "state",
        "code": 55,
        "name": "VIR_ERR_OPERATION_INVALID",
        "domain": "QEMU",
        "message": "Requested operation is not valid: domain is not running",
        "context": "Failed to destroy domain 'x'",
        "hint": "start it",
    }


def test_json_of_the_program() -> None:
    outcome = run_virshpy(["-c", URI, "-o", "json", "list"])
    document = json.loads(outcome.stdout)
    assert document["version"] == 1 and document["command"] == "list"
    assert document["result"]["domains"][0]["name"] == "test"


def test_json_of_several_commands_is_an_object_a_line() -> None:
    lines = run_virshpy(["-c", URI, "-o", "json", "domid test; domname 1; destroy test"]).stdout.splitlines()
    assert [json.loads(line)["command"] for line in lines] == ["domid", "domname", "destroy"]


def test_json_error_goes_to_standard_error() -> None:
    outcome = run_virshpy(["-c", URI, "-o", "json", "domstate nope"])
    error = json.loads(outcome.stderr)["error"]
    assert (outcome.stdout, outcome.code) == ("", 1)
    assert error["code"] == 42 and error["name"] == "VIR_ERR_NO_DOMAIN" and error["hint"]


def bare(text: str) -> str:
    return re.sub("\033\\[[0-9;]*m", "", text)


def test_colours_change_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = "<domain type='qemu' id=\"3\">\n  <!-- <a b='c'> -->\n  <name>a &amp; b = 'c'</name>\n  <x/>\n</domain>\n"
    assert bare(xml(text)) == text and xml(text) != text
    for result in (Text("state", "running"), Fields([Field("state", "State", "running")], 16), Message("done")):
        assert bare(result.coloured()) == result.plain() != result.coloured()


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for result in (Text("state", "running"), Document("<a/>"), Message("done")):
        assert result.coloured() == result.plain()
    assert "\033[32m" not in ROWS.coloured()


def test_terminal_table_shows_every_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = ROWS.coloured()
    assert bare(shown).split()[:3] == ["Id", "Name", "State"] and bare(shown).split()[-3:] == ["3", "a", "running"]
    assert "\033[" in shown


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, 0, 0), (0, 10, 0), (5, 10, 50), (999, 1000, 99), (10, 10, 100)]
)
def test_progress(done: int, total: int, percent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Progress("Block Copy", done, total, asked=True)
    assert step.plain() == f"\rBlock Copy: [{percent:3} %]"
    monkeypatch.setenv("NO_COLOR", "1")
    assert f"{percent:3} %" in bar(step) and bar(step).endswith("\n") == (percent == 100)


def test_progress_is_told_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    for format in ("plain", "json", "rich"):
        Renderer(format).render("x", Progress("Copy", 1, 2, asked=False))
        assert capsys.readouterr() == ("", "")
    Renderer("plain").render("x", Progress("Copy", 1, 2, asked=True))
    assert capsys.readouterr() == ("", "\rCopy: [ 50 %]")
    Renderer("json").render("x", Progress("Copy", 1, 2, asked=True))
    assert json.loads(capsys.readouterr().out)["result"]["percent"] == 50


def test_a_table_keeps_within_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    wide = Table("domains", COLUMNS, [(3, "a-name-that-is-far-too-long-for-a-narrow-terminal", "running", "u")])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", wide.coloured()).splitlines()
    assert max(map(width, lines)) <= 40 and "".join(lines).count("narrow") == 1 and len(lines) > 3


def test_a_pager_is_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "page"
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ncat > {page}\n")
    pager.chmod(0o755)
    environment = {**os.environ, "VIRSHPY_PAGER": str(pager), "NO_COLOR": "1", "TERM": "xterm"}
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "list"], environment)
    assert terminal.end() == 0 and "test" in page.read_text()
    page.unlink()
    del environment["VIRSHPY_PAGER"]
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "list"], {**environment, "PAGER": str(pager)})
    assert terminal.end() == 0 and not page.exists()


def laid(titles: str, rows: list[list[str]], room: int) -> list[str]:
    text = table([("key", title) for title in titles.split()], rows, room, lambda key, text: text, headed=True)
    lines = re.sub(r"\033\[\d*m", "", text).splitlines()
    assert max(map(width, lines)) <= room
    return lines


def test_a_table_that_fits_takes_no_more_room_than_it_needs() -> None:
    assert laid("Id Name", [["1", "web"], ["10", "日本"]], 80) == ["Id   Name", "─────────", "1    web", "10   日本"]


def test_the_widest_column_gives_way() -> None:
    lines = laid("Id Name State", [["1", "a name that goes on", "shut off"], ["2", "x" * 15, "running"]], 28)
    assert lines[2:] == [
        "1    a name that    shut off", "     goes on", "2    xxxxxxxxxxxx   running", "     xxx",
    ]  # fmt: skip


def test_rows_stand_below_each_other_where_there_is_no_room() -> None:
    lines = laid("Name State Autostart", [["default", "active", "no"], ["日本", "inactive", "yes"]], 20)
    assert lines == [
        "Name:      default", "State:     active", "Autostart: no", "",
        "Name:      日本", "State:     inactive", "Autostart: yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a name", ["a name"]),
        ("a long name", ["a long", "name"]),
        ("a verylongname b", ["a", "verylong", "name b"]),
        ("日本日本日", ["日本日本", "日"]),
        ("a        bcdefgh", ["a", "bcdefgh"]),
    ],
)
def test_folding(text: str, lines: list[str]) -> None:
    assert fold(text, 8) == lines


def test_no_letter_is_lost_in_a_very_narrow_terminal() -> None:
    text = table([("key", "Capacity")], [["abcdefghijklmnopqrstuvwxyz"]], 9, lambda key, text: text, headed=True)
    assert "".join(text.split()) == "Capacity:abcdefghijklmnopqrstuvwxyz"


def test_states_have_colours_and_columns_that_are_called_like_parts_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    columns = [("state", "State"), ("title", "Title")]
    last = Table("domains", columns, [("running", "done")]).coloured().splitlines()[-1]
    assert last == "\033[32mrunning\033[0m   done"


def test_a_thousand_rows_are_all_there() -> None:
    rows = [[str(number), f"名前 {number} " * (number % 4), "running"] for number in range(1000)]
    shown = "".join(laid("Id Name State", rows, 40))
    assert shown.count("running") == 1000 and shown.count("名前") == sum(number % 4 for number in range(1000))


TERMINALS = [(None, False), ("", False), ("dumb", False), ("xterm", True)]


@pytest.mark.parametrize(("name", "rich"), TERMINALS)
def test_a_terminal_that_cannot_be_relied_on_gets_plain_output(name: str | None, rich: bool) -> None:
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "list; domstate no"], named(name))
    assert terminal.end() == 1
    assert (b"\x1b" in terminal.sent) == rich
    assert ("─" in terminal.sent.decode()) == rich
    assert b"hint: " in terminal.sent
    terminal.close()


@pytest.mark.parametrize(
    ("locale", "drawn"),
    [
        ({"LC_ALL": "C"}, "-"),
        ({"LC_ALL": "", "LANG": "", "LC_CTYPE": ""}, "-"),
        ({"LC_ALL": "POSIX", "LANG": "C.UTF-8"}, "-"),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "C.UTF-8"}, "─"),
        ({"LC_ALL": "xx_XX.UTF-8"}, "─"),  # not installed here, and yet the terminal's
        ({"LC_ALL": "", "LC_CTYPE": "C.utf8", "LANG": "C"}, "─"),
    ],
)
def test_a_locale_without_the_letters_gets_ascii(locale: dict[str, str], drawn: str) -> None:
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "list"], named("xterm", **locale))
    assert terminal.end() == 0
    terminal.close()
    assert f"{drawn * 19}\r\n" in bare(terminal.sent.decode())


def test_no_color_gives_virshs_bytes() -> None:
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "list"], named("xterm", NO_COLOR="1"))
    assert terminal.end() == 0
    terminal.close()
    assert terminal.sent == b" Id   Name   State\r\n----------------------\r\n 1    test   running\r\n\r\n"


def test_a_terminal_without_colours_is_sent_none() -> None:
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "list; domstate no"], named("vt100"))
    assert terminal.end() == 1
    terminal.close()
    assert b"\x1b" not in terminal.sent and "─" in terminal.sent.decode()


def test_output_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRSHPY_OUTPUT", "json")
    assert json.loads(run_virshpy(["-c", URI, "domid", "test"]).stdout)["result"]["id"] == 1
    assert run_virshpy(["-c", URI, "-o", "plain", "domid", "test"]).stdout == "1\n\n"
    monkeypatch.setenv("VIRSHPY_OUTPUT", "html")
    outcome = run_virshpy(["-c", URI, "domid", "test"])
    assert outcome == ("1\n\n", "error: VIRSHPY_OUTPUT is none of plain, rich, json, yaml, csv\n", 0)


@pytest.mark.parametrize(
    ("line", "kind", "name"),
    [
        ("list --bogus", "usage", "VIR_ERR_INVALID_ARG"),
        ("nonsense", "usage", "VIR_ERR_INVALID_ARG"),
        ("list --table --name", "usage", "VIR_ERR_INVALID_ARG"),
        ("setmem test x", "usage", "VIR_ERR_INVALID_ARG"),
        ("define /nonexistent/x.xml", "absent", "VIR_ERR_DEVICE_MISSING"),
        ("domid nobody", "absent", "VIR_ERR_NO_DOMAIN"),
        ("domif-setlink test nic up", "absent", "VIR_ERR_DEVICE_MISSING"),
        ("start test", "state", "VIR_ERR_OPERATION_INVALID"),
        ("-r destroy test", "denied", "VIR_ERR_OPERATION_DENIED"),
        ("net-port-list default", "unsupported", "VIR_ERR_NO_SUPPORT"),
        ("screenshot test /nonexistent/x", "failed", "VIR_ERR_INTERNAL_ERROR"),
    ],
)
def test_every_error_has_a_code_and_a_kind(line: str, kind: str, name: str) -> None:
    words = line.split()
    outcome = run_virshpy(["-c", URI, "-o", "json", *words])
    error = json.loads(outcome.stderr)["error"]
    assert (error["kind"], error["name"]) == (kind, name) and error["code"]
    assert json.loads(outcome.stderr)["command"] == (None if "nonsense" in line else words[-2 if "-r" in words else 0])


def test_every_kind_is_described() -> None:
    assert tuple(ERROR_KINDS) == errors.KINDS
    for error in vars(codes).values():
        if isinstance(error, type) and issubclass(error, errors.Error):
            assert error.kind in errors.KINDS


def on_screen(columns: int, *words: str, lines: int = 5000) -> str:
    """What a command prints on a terminal of that width, without its control sequences."""
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, *words], named("xterm"), lines, columns)
    terminal.end()
    terminal.close()
    return bare(terminal.sent.decode()).replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("name", ["attach-disk", "migrate", "list", "help", "schedinfo"])
def test_help_fits_the_terminal(name: str, columns: int) -> None:
    shown = on_screen(columns, "help", name)
    assert max(map(len, shown.splitlines())) <= columns
    # No word is broken, and none is lost.
    assert shown.split() == run_virshpy(["help", name]).stdout.split()


def test_list_of_all_commands_fits_the_terminal() -> None:
    shown = on_screen(60, "help")
    assert max(map(len, shown.splitlines())) <= 60
    assert re.sub(r"\s+", " ", shown).replace("(not on this connection) ", "").startswith("Grouped commands: ")


def test_the_programs_own_help_fits_the_terminal() -> None:
    shown = on_screen(60, "--help")
    assert max(map(len, shown.splitlines())) <= 60
    assert shown.split() == run_virshpy(["--help"]).stdout.split()


def test_help_in_a_pipe_is_virshs() -> None:
    assert "    --all                  list inactive domains, too" not in on_screen(60, "help", "list")
    assert "\033" not in run_virshpy(["-o", "rich", "help", "list", "--no-pager", "-o", "plain"]).stdout


def test_json_on_a_terminal_is_coloured() -> None:
    terminal = Terminal([sys.executable, "-m", "virshpy", "-c", URI, "-o", "json", "list"], named("xterm"))
    assert terminal.end() == 0
    terminal.close()
    text = terminal.sent.decode()
    assert '\033[36m"name"\033[0m: \033[32m"test"\033[0m' in text and json.loads(bare(text))["command"] == "list"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "b: \\"c\\" {1}", "d": [1, -2.5, true, null], "e": {}}', '"text"', "[]", '{"a\\\\": "\\\\"}',
    ],
)  # fmt: skip
def test_colours_change_no_letter_of_json(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert bare(coloured_json(text)) == text


def test_dry_run_on_a_terminal_is_broken_at_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    step = "cd /run && LC_ALL=C setsid qemu-system-x86_64 -name 'a b -c' -m 32 -chardev socket,id=x >>/log 2>&1 &"
    shown = Plan(["short -x", step, "# " + "x" * 60]).coloured()
    assert shown.splitlines() == [
        "short -x",
        "cd /run && LC_ALL=C setsid qemu-system-x86_64 \\",
        "    -name 'a b -c' \\",
        "    -m 32 \\",
        "    -chardev socket,id=x >>/log 2>&1 &",
        "# " + "x" * 60,
    ]
    assert Plan([step]).plain() == f"{step}\n"


def test_format_is_another_name_of_output() -> None:
    for words in (["--format", "json", "domid", "test"], ["--format=json", "domid", "test"],
                  ["domid", "test", "--format", "json"], ["domid", "test", "--format=json"]):  # fmt: skip
        assert json.loads(run_virshpy(["-c", URI, *words]).stdout)["result"]["id"] == 1
    # A command's own option of that name goes first.
    assert "format" in run_virshpy(["-c", URI, "vol-create-as", "default-pool", "v", "1M", "--format", "json"]).stderr
