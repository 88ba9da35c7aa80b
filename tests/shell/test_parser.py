"""virsh's grammar: words, quotes, options, and the sentences for what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virshpy.shell.failure import ParseError
from virshpy.shell.lang.parser import SEPARATOR, parse_line, parse_words, split
from virshpy.shell.lang.partial_line import last_command, parts, quoted


def texts(line: str) -> list[str]:
    return [";" if word is SEPARATOR else str(word) for word in split(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a b", ["a", "b"]),
        ("  a\tb  ", ["a", "b"]),
        ("a;b", ["a", ";", "b"]),
        ("a\nb", ["a", ";", "b"]),
        ("'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]),
        ("a'b'\"c\"d", ["abcd"]),
        ("''", [""]),
        ("'a\\b'", ["a\\b"]),
        ('"a\\"b"', ['a"b']),
        ("'unfinished", ["unfinished"]),
        ("a # b; c\nd", ["a", ";", "d"]),
        ("a#b", ["a#b"]),
        ("a\\\nb", ["ab"]),
        ("a \\\n b", ["a", "b"]),
        ("'a;b' c\\;d", ["a;b", "c;d"]),
        ("", []),
    ],
)
def test_words(line: str, expected: list[str]) -> None:
    assert texts(line) == expected


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('echo "a', 'missing "'),
        ("echo a\\", "dangling \\"),
        ("bogus", "unknown command: 'bogus'"),
        ("list x", "unexpected data 'x'"),
        ("list --x", "command 'list' doesn't support option --x"),
        ("list --all --all", "option --all already seen"),
        ("list --all=1", "invalid '=' after option --all"),
        ("list --al", "command 'list' doesn't support option --al"),
        ("start", "command 'start' requires <domain> option"),
        ("start --domain", "expected syntax: --domain <string>"),
        ("start a --domain b", "option --domain already seen"),
        ("vcpupin a 1 0 b", "unexpected data 'b'"),
        ("domid a -b", "unexpected data '-b'"),
    ],
)
def test_refusals(line: str, sentence: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_line(line)
    assert caught.value.messages == (sentence,)


def test_every_missing_option_is_named() -> None:
    with pytest.raises(ParseError) as caught:
        parse_line("domrename")
    assert caught.value.messages == (
        "command 'domrename' requires <domain> option",
        "command 'domrename' requires <new-name> option",
    )


def test_nothing_runs_after_a_bad_command() -> None:
    with pytest.raises(ParseError):
        parse_line("list; bogus")


@pytest.mark.parametrize(
    "line", ["start x --console", "start --console x", "start --domain=x --console", "start --console -- x"]
)
def test_by_name_and_by_position(line: str) -> None:
    (parsed,) = parse_line(line)
    assert parsed.given == {"domain": ["x"], "console": []}


def test_the_rest_of_the_words() -> None:
    (parsed,) = parse_line("desc x --title a 'b c' --live d")
    assert parsed.given == {"domain": ["x"], "title": [], "live": [], "new-desc": ["a", "b c", "d"]}


def test_alias() -> None:
    (parsed,) = parse_line("echo --str a --hi")
    assert parsed.given == {"string": ["a", "hello"]}


def test_help_option_turns_into_help() -> None:
    (parsed,) = parse_line("start --help")
    assert parsed.command.name == "help" and parsed.given == {"command": ["start"]}


def test_words_of_the_calling_shell_are_kept() -> None:
    (parsed,) = parse_words(["echo", "a b", ";", "#c", '"'])
    assert parsed.given == {"string": ["a b", ";", "#c", '"']}


@settings(deadline=None)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1), min_size=1))
def test_quoting_is_undone(words: list[str]) -> None:
    assert texts(" ".join(map(quoted, words))) == words


@pytest.mark.parametrize("comment", ["#c", "\\#c x", "'#' \\; x", "'#'c --bogus"])
def test_a_command_that_begins_with_a_hash_is_a_comment(comment: str) -> None:
    assert [parsed.command.name for parsed in parse_line(f"uri;{comment}\nlist")] == ["uri", "list"]


def test_quotes_in_a_comment_need_no_end() -> None:
    assert [parsed.command.name for parsed in parse_line('uri; \\# it"s')] == ["uri"]


@settings(deadline=None)
@given(st.text(alphabet=" abc-=;\\'\"#\n\t"))
def test_any_line_is_parsed_or_refused(line: str) -> None:
    try:
        parse_line("echo " + line)
    except ParseError as error:
        assert all(error.messages)


@pytest.mark.parametrize(
    ("line", "words", "typed"),
    [
        ("", [""], ""),
        ("li", ["li"], "li"),
        ("list; start ", ["start", ""], ""),
        ("start 'a b", ["start", "a b"], "'a b"),
        ('desc "x y" --t', ["desc", "x y", "--t"], "--t"),
        ("start a\\ b", ["start", "a b"], "a\\ b"),
    ],
)
def test_the_command_being_typed(line: str, words: list[str], typed: str) -> None:
    assert last_command(line) == (words, typed)


@pytest.mark.parametrize("line", ["list | head", "dumpxml test > file", "domstate test && list"])
def test_who_takes_it_for_a_shell_is_told_of_one(line: str) -> None:
    with pytest.raises(ParseError) as told:
        parse_line(line)
    assert told.value.hint is not None and "begins with '!'" in told.value.hint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("list", [("list", "")]),
        ("list --all | grep web", [("list --all ", "| grep web")]),
        ("dumpxml web > 'a b.xml'", [("dumpxml web ", "> 'a b.xml'")]),
        ("list >> a; uri |cat; pwd", [("list ", ">> a"), (" uri ", "|cat"), (" pwd", "")]),
        ("list | grep 'a;b' > c", [("list ", "| grep 'a;b' > c")]),
        ("desc web 'a | b > c'", [("desc web 'a | b > c'", "")]),
        ("desc web a\\ | \\> b", [("desc web a\\ | \\> b", "")]),
        ("desc web a\\ b | \\> b", [("desc web a\\ b ", "| \\> b")]),
        ("desc web \\| a>b x|y", [("desc web \\| a>b x|y", "")]),
        ("list || true", [("list || true", "")]),
        ('desc web "a \\" | b"', [('desc web "a \\" | b"', "")]),
    ],
)
def test_what_the_systems_shell_does(line: str, expected: list[tuple[str, str]]) -> None:
    assert list(parts(line)) == expected
