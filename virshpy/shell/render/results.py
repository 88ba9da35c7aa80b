"""What a handler returns, and its three forms: virsh's bytes, those bytes in a terminal's colours, data for programs.

``key`` names the value for programs. Which keys a command gives is declared with it, and what each means is said in
:mod:`virshpy.shell.lang.vocabulary`: a key that is not there is refused by the tests.
"""

from __future__ import annotations

from virshpy.shell.render.layout import cell, label, table_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from typing import Any


class Result:
    """Base of what can be rendered."""

    __slots__ = ()

    def plain(self, *, quiet: bool = False) -> str:
        """As virsh prints it."""
        raise NotImplementedError

    def data(self) -> dict[str, Any]:
        """For programs, as docs/json.md has it."""
        raise NotImplementedError

    def coloured(self, *, quiet: bool = False) -> str:
        """For a terminal."""
        return self.plain(quiet=quiet)


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

    __slots__ = ("text", "beside", "end")

    def __init__(self, text: str, end: str = "\n", **data: Any) -> None:
        self.text = text
        self.end = end
        self.beside = data

    def plain(self, *, quiet: bool = False) -> str:
        return "" if quiet else self.text + self.end

    def data(self) -> dict[str, Any]:
        return {"message": self.text.strip("\n"), **self.beside}

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import painted

        # virsh's line break after its line of progress: the bar here has one of its own.
        return "" if quiet else painted("done", self.text.lstrip("\n")) + self.end


class Text(Result):
    """One value that was asked for; ``value`` and ``extra`` are for programs. ``head`` is left out with --quiet."""

    __slots__ = ("key", "text", "value", "head", "end", "extra", "error")

    def __init__(
        self,
        key: str,
        text: str,
        value: Any = AS_TEXT,
        *,
        head: str = "",
        end: str = "\n",
        error: bool = False,
        **extra: Any,
    ) -> None:
        self.key = key
        self.text = text
        self.head = head
        self.value = text if value is AS_TEXT else value
        self.end = end
        self.extra = extra
        self.error = error

    def plain(self, *, quiet: bool = False) -> str:
        return ("" if quiet else self.head) + self.text + self.end

    def data(self) -> dict[str, Any]:
        return {self.key: self.value, **self.extra}

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import painted

        text = painted(str(self.value), self.text) if self.key == "state" else self.text
        return ("" if quiet else self.head) + text + self.end


class Document(Result):
    """A whole document: XML unless ``language`` says otherwise."""

    __slots__ = ("key", "text", "language", "end")

    def __init__(self, text: str, *, key: str = "xml", language: str = "xml", end: str = "") -> None:
        self.text = text
        self.key = key
        self.language = language
        self.end = end

    def plain(self, *, quiet: bool = False) -> str:
        return self.text + self.end

    def data(self) -> dict[str, Any]:
        return {self.key: self.text}

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import xml

        return (xml(self.text) if self.language == "xml" else self.text) + self.end


class Help(Document):
    """A text of help. On a terminal it is wrapped to the width; commands that the connection cannot do (``missing``)
    are marked."""

    __slots__ = ("missing",)

    def __init__(self, text: str, missing: Container[str] = ()) -> None:
        super().__init__(text, key="help", language="text")
        self.missing = missing

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import help_text

        return help_text(self.text, self.missing)


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

    def plain(self, *, quiet: bool = False) -> str:
        return "".join(f"{name}{field.text}\n" for name, field in self._shown())

    def data(self) -> dict[str, Any]:
        return {field.key: field.value for field in self.fields if field.key is not None}

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import painted

        shown = (
            (name, painted(field.text, field.text) if field.key == "state" else field.text)
            for name, field in self._shown()
        )
        return "".join(f"{painted('title', name)}{text}\n" for name, text in shown)

    def _shown(self) -> Iterable[tuple[str, Field]]:
        """Those that people see, with their labels."""
        return ((label(field.label, self.width), field) for field in self.fields if field.label is not None)


class Table(Result):
    """Rows of raw values under ``columns`` of (key, title); None is shown as ``-``. ``key`` names the list in JSON.
    A ``None`` title keeps a column out of what people see."""

    __slots__ = ("key", "columns", "rows")

    def __init__(self, key: str, columns: Sequence[tuple[str, str | None]], rows: Sequence[Sequence[Any]]) -> None:
        self.key = key
        self.columns = columns
        self.rows = rows

    def plain(self, *, quiet: bool = False) -> str:
        columns, rows = self._shown()
        return table_text(rows if quiet else [[title for _, title in columns], *rows], ruled=not quiet)

    def data(self) -> dict[str, Any]:
        return {self.key: _objects([key for key, _ in self.columns], self.rows)}

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import table

        columns, rows = self._shown()
        return "" if quiet and not rows else table(columns, rows, headed=not quiet)

    def _shown(self) -> tuple[list[tuple[str, str]], list[list[str]]]:
        """What people see: columns by key and title, and the texts of each row."""
        places = [place for place, (_, title) in enumerate(self.columns) if title is not None]
        columns = [(key, title) for key, title in self.columns if title is not None]
        return columns, [[cell(row[place]) for place in places] for row in self.rows]


class Lines(Result):
    """Rows without a table: values of ``keys``, separated by one space."""

    __slots__ = ("key", "keys", "rows")

    def __init__(self, key: str, keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.key = key
        self.keys = keys
        self.rows = rows

    def plain(self, *, quiet: bool = False) -> str:
        return "".join(" ".join(map(cell, row)) + "\n" for row in self.rows)

    def data(self) -> dict[str, Any]:
        return {self.key: _objects(self.keys, self.rows)}


def _objects(keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(keys, map(_value, row), strict=True)) for row in rows]


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Shown) else value


class Progress(Result):
    """How far a long piece of work is; one follows another on the same line. A terminal is shown it always, a pipe and
    programs only where it was ``asked`` for (--verbose). ``total`` may be 0 while it is not known. A terminal is told
    the ``pace``, too."""

    __slots__ = ("label", "done", "total", "asked", "pace")

    def __init__(self, label: str, done: int, total: int, *, asked: bool, pace: str = "") -> None:
        self.label = label
        self.done = done
        self.total = total
        self.asked = asked
        self.pace = pace

    @property
    def percent(self) -> int:
        """100 only when all is done."""
        if not self.total and not self.done:
            return 0
        return 100 if self.done >= self.total else min(self.done * 100 // self.total, 99)

    def plain(self, *, quiet: bool = False) -> str:
        return f"\r{self.label}: [{self.percent:3} %]"

    def data(self) -> dict[str, Any]:
        return {"progress": self.label, "done": self.done, "total": self.total, "percent": self.percent}


class Stats(Result):
    """Groups of name=value under a heading each (domstats)."""

    __slots__ = ("groups",)

    def __init__(self, groups: Sequence[tuple[str, dict[str, Any]]]) -> None:
        self.groups = groups

    def plain(self, *, quiet: bool = False) -> str:
        return "\n".join(
            f"Domain: '{name}'\n" + "".join(f"  {key}={_figure(value)}\n" for key, value in stats.items())
            for name, stats in self.groups
        )

    def data(self) -> dict[str, Any]:
        return {"domains": [{"name": name, "stats": stats} for name, stats in self.groups]}


def _figure(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, float) else str(value)


class Plan(Result):
    """What would be done, as shell commands."""

    __slots__ = ("steps",)

    def __init__(self, steps: Sequence[str]) -> None:
        self.steps = steps

    def plain(self, *, quiet: bool = False) -> str:
        return "".join(step + "\n" for step in self.steps)

    def data(self) -> dict[str, Any]:
        return {"plan": list(self.steps)}

    def coloured(self, *, quiet: bool = False) -> str:
        from virshpy.shell.render.terminal import shell_line

        return "".join(shell_line(step) + "\n" for step in self.steps)


class Explanation(Result):
    """What a command line would do: the command, its (name, value, help) options, where it goes, why it would fail,
    how the domains stand that it is about (a sentence each)."""

    __slots__ = ("command", "summary", "description", "options", "uri", "refusal", "states")

    def __init__(
        self,
        command: str,
        summary: str,
        description: str,
        options: Sequence[tuple[str, str | None, str]],
        uri: str | None,
        refusal: str | None,
        states: Sequence[str] = (),
    ) -> None:
        self.command = command
        self.summary = summary
        self.description = description
        self.options = options
        self.uri = uri
        self.refusal = refusal
        self.states = states

    def plain(self, *, quiet: bool = False) -> str:
        from textwrap import fill

        lines = [f"{self.command}: {self.summary}."]
        if self.description:
            lines.append(fill(self.description, 76, initial_indent="  ", subsequent_indent="  "))
        spelled = [f"--{name}" + (f" {value!r}" if value is not None else "") for name, value, _ in self.options]
        room = min(max(map(len, spelled), default=0), 40) + 2
        lines += [f"  {text:<{room}}{help}" for text, (_, _, help) in zip(spelled, self.options, strict=True)]
        if self.uri:
            lines.append(f"  It goes to {self.uri}.")
        lines += [f"  At present {state}." for state in self.states]
        if self.refusal:
            lines.append(f"  It would be refused: {self.refusal}")
        return "\n".join(lines) + "\n"

    def data(self) -> dict[str, Any]:
        return {
            "summary": self.summary,
            "description": self.description,
            "options": [{"name": name, "value": value, "help": help} for name, value, help in self.options],
            "uri": self.uri,
            "refusal": self.refusal,
            "states": list(self.states),
        }
