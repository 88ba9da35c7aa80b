"""virsh's grammar: words, quotes and separators to invocations of declared commands.

A line is parsed whole before anything of it runs. Options are never abbreviated; everything that is not a flag may be
given by name or, in order of declaration, by position.
"""

from __future__ import annotations

from virshpy.shell import environment
from virshpy.shell.failure import ParseError, UnclosedQuote
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, WORDS, Invocation
from virshpy.shell.lang.types import PLAIN
from virshpy.shell.render.output import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from virshpy.shell.lang.command import Command, Option

    Heard = Callable[[str, str, str | None], None]


# Options that every command takes, with or without a value; a command's own option of the same name goes first.
EVERYWHERE = {"output": True, "explain": False, "dry-run": False, "pager": False, "no-pager": False}
ALSO = {"format": "output"}  # as other programs call it

# What people try where they are used to a shell.
_OF_A_SHELL = ("|", ">", ">>", "<", "&&", "||", "&")
_NO_SHELL = "this is no shell; at the prompt '| sort' and '> file' after a command are, and a line that begins with '!'"


class Separator:
    """Stands between commands in a stream of words."""


SEPARATOR = Separator()


def _unheard(command: str, option: str, word: str | None) -> None:
    pass


def parse_line(text: str, heard: Heard = _unheard) -> list[Invocation]:
    """Commands of a line, or of several: ``;`` and newlines separate them. ``heard`` is told of each option, with the
    command's name and the option's value or None."""
    return _parse(split(text), heard)


def parse_words(words: Sequence[str], heard: Heard = _unheard) -> list[Invocation]:
    """One command, split into words by the calling shell already."""
    return _parse(iter(words), heard)


def split(text: str) -> Iterator[str | Separator]:
    """Words and separators of a text. Raises ParseError."""
    position, end = 0, len(text)
    while True:
        position = _skip_blanks(text, position)
        if position >= end:
            return
        if text[position] in ";\n":
            position += 1
            yield SEPARATOR
            continue
        if text[position] == "#":
            newline = text.find("\n", position)
            position = end if newline < 0 else newline
            continue
        word, position = _word(text, position)
        yield word


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text):
        if text[position] in " \t":
            position += 1
        elif text.startswith("\\\n", position):
            position += 2
        else:
            break
    return position


def _word(text: str, position: int) -> tuple[str, int]:
    """The word that begins at ``position``, unquoted, and where it ends."""
    characters: list[str] = []
    single = double = False
    end = len(text)
    while position < end:
        character = text[position]
        if not single and not double and character in " \t;\n":
            break
        position += 1
        if character == "'" and not double:
            single = not single
            continue
        if character == '"' and not single:
            double = not double
            continue
        if character == "\\" and not single:
            if position >= end:
                raise ParseError("dangling \\", hint="write the backslash twice, or leave it out")
            character = text[position]
            position += 1
            if character == "\n":
                continue
        characters.append(character)
    if double:
        raise UnclosedQuote('missing "', hint="each quotation mark needs its counterpart")
    return "".join(characters), position


class Reader:
    """Reads the words of one command after its name; completion asks it what may come next."""

    def __init__(self, command: Command, heard: Heard = _unheard) -> None:
        self.command = command
        self.heard = heard
        self.given: dict[str, list[str]] = {}
        # Which argument may have several values: virsh takes one.
        self.several = None if environment.as_virsh() else command.several
        self.awaiting = [o for o in command.options if o.kind != FLAG and not o.named_only]
        self.pending: Option | None = None  # its value is the next word
        self.data_only = False
        self.wants_help = False
        self.everywhere: dict[str, str] = {}
        self.output_due = False
        # `-o` is data to a command that takes words as they come.
        self.short_output = not any(o.kind == WORDS and type(o.type) in PLAIN for o in command.options)

    def feed(self, word: str) -> None:
        if self.pending is not None:
            pending, self.pending = self.pending, None
            self._store(pending, word)
        elif self.output_due:
            self.output_due = False
            self._everywhere("output", word)
        elif word == "-o" and self.short_output and not self.data_only:
            self.output_due = True
        elif not self.data_only and word == "--":
            self.data_only = True
        elif not self.data_only and word.startswith("--") and word[2:3].isascii() and word[2:3].isalnum():
            self._named(word[2:])
        else:
            self._positional(word)

    def takes_several(self, option: Option) -> bool:
        """Whether an option may have more values than one."""
        return option.kind == WORDS or option is self.several

    def finish(self) -> Invocation:
        """What was read. Raises ParseError for what is missing."""
        if self.pending is not None:
            raise ParseError(
                f"expected syntax: --{self.pending.name} <{self.pending.type.word}>",
                hint=f"what follows --{self.pending.name}: {self.pending.help}",
            )
        if self.output_due:
            raise ParseError("expected syntax: --output <string>", hint=f"one of {', '.join(FORMATS)}")
        if self.wants_help:
            wanted = self.command.name
            return Invocation(registry.find_known("help"), {"command": [wanted]}, self.everywhere)
        missing = []
        for option in self.command.options:
            if option.required and option.name not in self.given and not option.instead.keys() & self.given.keys():
                spelled = f"--{option.name}" if option.type.word == "number" else f"<{option.name}>"
                missing.append(f"command '{self.command.name}' requires {spelled} option")
        if missing:
            raise ParseError(*missing, hint=f"'help {self.command.name}' shows its options")
        return Invocation(self.command, self.given, self.everywhere)

    def _named(self, text: str) -> None:
        name, equals, value = text.partition("=")
        if name == "help" and self.command.find("help") is None:
            if equals:
                raise _no_value("help")
            self.wants_help = True
            self.heard(self.command.name, name, None)
            return
        option = self.command.find(name)
        if option is None and ALSO.get(name, name) in EVERYWHERE:
            name = ALSO.get(name, name)
            if not EVERYWHERE[name] and equals:
                raise _no_value(name)
            if EVERYWHERE[name] and not equals:
                self.output_due = True
            else:
                self._everywhere(name, value)
            return
        for alias in self.command.aliases:
            if alias.name == name:
                option = self.command.find(alias.target)
                if alias.value is not None:
                    if equals:
                        raise _no_value(name)
                    equals, value = "=", alias.value
        if option is None:
            if self.command.name == "help":
                return
            raise ParseError(f"command '{self.command.name}' doesn't support option --{name}", hint=self._nearest(name))
        if option.name in self.given and option.kind != WORDS:
            raise ParseError(f"option --{option.name} already seen", hint=f"give --{option.name} once")
        if option.kind == FLAG:
            if equals:
                raise _no_value(option.name)
            self.given[option.name] = []
            self.heard(self.command.name, option.name, None)
        elif equals:
            self._store(option, value)
        else:
            self.pending = option

    def _positional(self, word: str) -> None:
        wanted = self.awaiting[0] if self.awaiting else None
        if self.several is not None and self._is_one_more(word, self.several, wanted):
            self._store(self.several, word)
            return
        if wanted is None:
            if self.command.name == "help":
                return
            raise ParseError(f"unexpected data '{word}'", hint=self._about_stray(word))
        self._store(wanted, word)

    def _store(self, option: Option, word: str) -> None:
        self.given.setdefault(option.name, []).append(word)
        self.heard(self.command.name, option.name, word)
        if option.kind != WORDS and option in self.awaiting:
            self.awaiting.remove(option)

    def _everywhere(self, name: str, value: str) -> None:
        if name == "output" and value not in FORMATS:
            raise ParseError(f"option --output takes one of {', '.join(FORMATS)}", hint="as in: list --output json")
        self.everywhere[name] = value

    def _is_one_more(self, word: str, several: Option, wanted: Option | None) -> bool:
        """Whether a word names one more object, rather than being a value of the option that comes next."""
        if several.name not in self.given or word in _OF_A_SHELL or word.startswith("-"):
            return False
        return wanted is None or not wanted.type.takes(word)

    def _about_stray(self, word: str) -> str:
        """What to do about a word that there is no place for."""
        if word in _OF_A_SHELL:
            return _NO_SHELL
        places = [option for option in self.command.options if option.kind != FLAG and not option.named_only]
        if word.startswith("-") or not places:
            return self._nearest(word.lstrip("-"))
        taken = " ".join(f"<{option.name}>" for option in places)
        return f"'{self.command.name}' takes {taken}; a value with blanks in it goes into quotes"

    def _nearest(self, name: str) -> str:
        names = [option.name for option in self.command.options] + list(EVERYWHERE)
        near = registry.nearest(name, names)
        if not near and len(name) == 1:  # -a for --all
            near = next((option for option in names if option.startswith(name)), None)
        if near:
            return f"did you mean --{near}?"
        return f"'help {self.command.name}' shows its options"


def _no_value(name: str) -> ParseError:
    return ParseError(f"invalid '=' after option --{name}", hint=f"--{name} takes no value")


def wanted_output(words: Sequence[str]) -> str | None:
    """The format that a line with a mistake in it asks for its complaint in."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in ("-o", "--output", "--format"):
            asked = value if equals else next(iter(words[place + 1 : place + 2]), "")
            if asked in FORMATS:
                return asked
    return None


def _parse(words: Iterator[str | Separator], heard: Heard) -> list[Invocation]:
    parsed: list[Invocation] = []
    reader: Reader | None = None
    try:
        for word in words:
            if isinstance(word, Separator):
                if reader is not None:
                    parsed.append(reader.finish())
                reader = None
            elif reader is not None:
                reader.feed(word)
            elif word.startswith("#"):
                _skip_comment(words)
            else:
                reader = Reader(registry.find(word), heard)
        if reader is not None:
            parsed.append(reader.finish())
    except ParseError as error:
        error.command = reader.command.name if reader is not None else None
        raise
    return parsed


def _skip_comment(words: Iterator[str | Separator]) -> None:
    """A command whose name begins with ``#``, however it is quoted, is a comment up to the separator."""
    try:
        while not isinstance(next(words, SEPARATOR), Separator):
            pass
    except UnclosedQuote:
        pass
