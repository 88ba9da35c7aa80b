"""Pages are read, and compared with what is said, as transcript.py says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.transcript import Line, Names, Shell, fenced, lines

PAGE = """\
# Title

    $ one
     first

     last

    $ two  # with a remark
Words.

```xml
    $ not this
```

    # three
    …
"""


def test_lines_of_a_page() -> None:
    assert list(lines(PAGE)) == [
        Line(3, "$", "one", " first\n\n last"),
        Line(8, "$", "two  # with a remark", ""),
        Line(15, "#", "three", "…"),
    ]
    assert fenced(PAGE, "xml") == ["    $ not this\n"] and not fenced(PAGE, "python")


def test_words_without_a_command() -> None:
    with pytest.raises(ValueError, match="line 3: '    words' is said by no command"):
        list(lines("Title\n\n    words\n"))


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a", "a\nb", False),
        ("a", "", False),
        ("", "", True),
        ("", "a", False),
        ("a…c", "abbc", True),
        ("a…c", "a\nc", False),
        ("…", "", True),
        ("a\n…\nd", "a\nd", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…\nd", "a\nb\nc", False),
        ("a.c", "abc", False),
        ("kill 12345", "kill 77", True),
        ("kill 12345", "kill it", False),
        ("kill 1234", "kill 77", False),
    ],
)
def test_agreement(shown: str, said: str, same: bool) -> None:
    assert Names().agree(shown, said) is same


def test_numbers_are_remembered() -> None:
    names = Names({"2222": "9"})
    assert not names.agree("kill 12345 and 12345", "kill 77 and 78")
    assert names.agree("kill 12345 and 12345", "kill 77 and 77")
    assert names.put_in("kill -9 12345; ssh -p 2222 22222") == "kill -9 77; ssh -p 9 22222"
    assert not names.agree("kill 12345", "kill 78")


def test_shell(tmp_path: Path) -> None:
    with Shell(tmp_path, {"PATH": "/usr/bin:/bin"}) as shell:
        assert shell.type("mkdir a && cd a; x=1") == ""
        assert shell.type("echo $x; pwd; echo wrong >&2; false") == f"1\n{tmp_path}/a\nwrong"
        assert shell.type("cat") == ""
        with pytest.raises(AssertionError, match="the shell ended at: exit"):
            shell.type("exit")
