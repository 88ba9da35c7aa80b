"""What a handler returns: data, and just enough about its plain form to print virsh's bytes.

``key`` names the value for programs. Which keys a command gives is declared with it, and what each means is said in
:mod:`virshpy.shell.lang.vocabulary`: a key that is not there is refused by the tests.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


class Result:
    """Base of what can be rendered."""

    __slots__ = ()


AS_TEXT: Any = object()  # what programs get is the text itself


class Shown:
    """A value of a table that people see otherwise than programs do: ``Shown(True, "yes")``."""

    __slots__ = ("value", "text")

    def __init__(self, value: Any, text: str) -> None:
        self.value = value
        self.text = text

    def __str__(self) -> str:
        return self.text


class Message(Result):
    """Something was done. Left out by --quiet. ``data`` goes to JSON beside the sentence. ``end`` is what virsh ends
    the sentence with: not all of its sentences have a newline of their own."""

    __slots__ = ("text", "data", "end")

    def __init__(self, text: str, end: str = "\n", **data: Any) -> None:
        self.text = text
        self.end = end
        self.data = data


class Text(Result):
    """One value that was asked for; ``value`` and ``extra`` are for programs."""

    __slots__ = ("key", "text", "value", "end", "extra", "error")

    def __init__(
        self, key: str, text: str, value: Any = AS_TEXT, *, end: str = "\n", error: bool = False, **extra: Any
    ) -> None:
        self.key = key
        self.text = text
        self.value = text if value is AS_TEXT else value
        self.end = end
        self.extra = extra
        self.error = error


class Document(Result):
    """A whole document: XML unless ``language`` says otherwise."""

    __slots__ = ("key", "text", "language", "end")

    def __init__(self, text: str, *, key: str = "xml", language: str = "xml", end: str = "") -> None:
        self.text = text
        self.key = key
        self.language = language
        self.end = end


class Field:
    """One line of Fields: ``label`` and ``text`` for people, ``key`` and ``value`` for programs. Without a label it is
    not shown to people, without a key not to programs."""

    __slots__ = ("key", "label", "value", "text")

    def __init__(self, key: str | None, label: str | None, value: Any, text: str | None = None) -> None:
        self.key = key
        self.label = label
        self.value = value
        self.text = str(value) if text is None else text


class Fields(Result):
    """Labelled values, one per line; the labels are padded to ``width``."""

    __slots__ = ("fields", "width")

    def __init__(self, fields: Sequence[Field], width: int) -> None:
        self.fields = fields
        self.width = width

    @property
    def shown(self) -> Iterable[Field]:
        """Those that people see."""
        return (field for field in self.fields if field.label is not None)


class Table(Result):
    """Rows of raw values under ``columns`` of (key, title); None is shown as ``-``. ``key`` names the list in JSON.
    A ``None`` title keeps a column out of what people see."""

    __slots__ = ("key", "columns", "rows")

    def __init__(self, key: str, columns: Sequence[tuple[str, str | None]], rows: Sequence[Sequence[Any]]) -> None:
        self.key = key
        self.columns = columns
        self.rows = rows


class Lines(Result):
    """Rows without a table: values of ``keys``, separated by one space; a list of plain values in JSON for one key."""

    __slots__ = ("key", "keys", "rows")

    def __init__(self, key: str, keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.key = key
        self.keys = keys
        self.rows = rows


class Progress(Result):
    """How far a long piece of work is; one follows another on the same line. A terminal is shown it always, a pipe and
    programs only where it was ``asked`` for (--verbose). ``total`` may be 0 while it is not known."""

    __slots__ = ("label", "done", "total", "asked")

    def __init__(self, label: str, done: int, total: int, *, asked: bool) -> None:
        self.label = label
        self.done = done
        self.total = total
        self.asked = asked

    @property
    def percent(self) -> int:
        """100 only when all is done."""
        if not self.total and not self.done:
            return 0
        return 100 if self.done >= self.total else min(self.done * 100 // self.total, 99)


class Stats(Result):
    """Groups of name=value under a heading each (domstats)."""

    __slots__ = ("groups",)

    def __init__(self, groups: Sequence[tuple[str, dict[str, Any]]]) -> None:
        self.groups = groups


class Plan(Result):
    """What would be done, as shell commands."""

    __slots__ = ("steps",)

    def __init__(self, steps: Sequence[str]) -> None:
        self.steps = steps


class Explanation(Result):
    """What a command line would do: the command, its (name, value, help) options, where it goes, why it would fail."""

    __slots__ = ("command", "summary", "description", "options", "uri", "refusal")

    def __init__(
        self,
        command: str,
        summary: str,
        description: str,
        options: Sequence[tuple[str, str | None, str]],
        uri: str | None,
        refusal: str | None,
    ) -> None:
        self.command = command
        self.summary = summary
        self.description = description
        self.options = options
        self.uri = uri
        self.refusal = refusal
