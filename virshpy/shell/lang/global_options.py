"""The program's own options, before the command: virsh's, by virsh's rules (getopt's), and a few of virshpy's."""

from __future__ import annotations

import os

from virshpy.shell import environment
from virshpy.shell.lang.parser import ALSO
from virshpy.shell.lang.types import whole_number
from virshpy.shell.render.output import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# virsh's levels: what is told from that on is told (--debug).
DEBUG, INFO, ERROR = 0, 1, 4
_KEEPALIVE = "accepted for scripts; local connections need no keepalive"
# letter, long name, whether it takes a value (None: it may), what help calls the value, help
OPTIONS: tuple[tuple[str, str, bool | None, str, str], ...] = (
    ("c", "connect", True, "URI", "the connection: qemu:///system, qemu:///session, test:///default"),
    ("d", "debug", True, "NUM", "debug level from 0 to 4; 0 shows the trace of internal errors"),
    ("e", "escape", True, "CHAR", "character that leaves a console (default: ^])"),
    ("h", "help", False, "", "list the options and all commands"),
    ("k", "keepalive-interval", True, "NUM", _KEEPALIVE),
    ("K", "keepalive-count", True, "NUM", _KEEPALIVE),
    ("l", "log", True, "FILE", "append errors to a file"),
    ("o", "output", True, "FORMAT", "plain, rich, json, yaml or csv; may follow the command, and be called --format"),
    ("q", "quiet", False, "", "print only what was asked for"),
    ("r", "readonly", False, "", "connect read-only"),
    ("t", "timing", False, "", "print how long each command took"),
    ("v", "version", None, "TYPE", "print the version; TYPE is short or long"),
    ("V", "long-version", False, "", "print the version and the drivers"),
    ("", "explain", False, "", "say in words what the command would do, and do nothing"),
    ("", "dry-run", False, "", "print the commands that it would run on the host, and run none"),
    ("", "hints", False, "", "say what to do about an error, even where no terminal shows it"),
    (
        "",
        "pager",
        False,
        "",
        "show all output in $VIRSHPY_PAGER, $PAGER or less, not only what the screen has no room for",
    ),
    ("", "no-pager", False, "", "never show output in a pager"),
)
# Those that virsh does not have are never abbreviated: what was an abbreviation of one of its own stays that.
_OURS = frozenset(("output", "format", "hints", "pager", "no-pager", "explain", "dry-run"))
_BY_LETTER = {letter: (name, takes) for letter, name, takes, _, _ in OPTIONS if letter}
_LONG = {name: (letter, takes) for letter, name, takes, _, _ in OPTIONS if name != "long-version"}


class Settings:
    """What the global options say."""

    def __init__(self) -> None:
        self.uri: str | None = None
        self.readonly = False
        self.quiet = False
        self.timing = False
        self.debug = ERROR
        self.log: str | None = None
        self.escape = "^]"
        self.output: str | None = None
        self.hints = False
        self.pager = environment.variable("VIRSHPY_PAGER") is not None
        self.no_pager = False
        self.explain = False
        self.dry_run = False


class UsageError(Exception):
    """The program was called in a way that it does not understand."""


class Parsed:
    """Settings; what to print instead of running (``show``: help, version or long-version); the words that follow;
    ``notices`` are complaints that do not stop the program."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.show: str | None = None
        self.words: list[str] = []
        self.notices: list[str] = []


def parse(words: Sequence[str]) -> Parsed:
    """Read the words after the program's name. Raises UsageError."""
    parsed = Parsed()
    position = 0
    while position < len(words) and parsed.show is None:
        word = words[position]
        position += 1
        if word == "--":
            break
        if word.startswith("--"):
            position = _long(parsed, word[2:], words, position)
        elif word.startswith("-") and len(word) > 1:
            position = _letters(parsed, word[1:], words, position)
        else:
            position -= 1
            break
    parsed.words = list(words[position:])
    _heed_environment(parsed)
    return parsed


def _heed_environment(parsed: Parsed) -> None:
    """Variables that mean what no option says: VIRSHPY_OUTPUT, and virsh's."""
    settings = parsed.settings
    if settings.output is None and (format := environment.variable("VIRSHPY_OUTPUT")):
        if format in FORMATS:
            settings.output = format
        else:
            parsed.notices.append(f"VIRSHPY_OUTPUT is none of {', '.join(FORMATS)}")
    if settings.log is None:
        settings.log = os.environ.get("VIRSH_LOG_FILE") or None
    wanted = os.environ.get("VIRSH_DEBUG")
    if wanted is not None and settings.debug == ERROR:
        level = whole_number(wanted)
        if level is None or not DEBUG <= level <= ERROR:
            parsed.notices.append("VIRSH_DEBUG not set with a valid numeric value")
        else:
            settings.debug = level


def _long(parsed: Parsed, text: str, words: Sequence[str], position: int) -> int:
    given, equals, value = text.partition("=")
    given = ALSO.get(given, given)
    matches = [given] if given in _LONG else [name for name in _LONG if name.startswith(given) and name not in _OURS]
    if len(matches) != 1:
        raise UsageError(f"unsupported option '--{text}'. See --help.")
    name = matches[0]
    letter, takes = _LONG[name]
    if takes is False and equals:
        raise UsageError(f"unsupported option '{f'-{letter}' if letter else f'--{name}'}'. See --help.")
    if takes and not equals:
        if position >= len(words):
            spelled = f"'-{letter}'/'--{name}'" if letter else f"'--{name}'"
            raise UsageError(f"option {spelled} requires an argument")
        value, position = words[position], position + 1
    _apply(parsed, name, value)
    return position


def _letters(parsed: Parsed, letters: str, words: Sequence[str], position: int) -> int:
    for place, letter in enumerate(letters):
        if letter not in _BY_LETTER:
            raise UsageError(f"unsupported option '-{letter}'. See --help.")
        name, takes = _BY_LETTER[letter]
        rest = letters[place + 1 :]
        if takes:
            if not rest:
                if position >= len(words):
                    raise UsageError(f"option '-{letter}'/'--{name}' requires an argument")
                rest, position = words[position], position + 1
            _apply(parsed, name, rest)
            break
        _apply(parsed, name, "")
        if parsed.show:
            break
    return position


def _apply(parsed: Parsed, name: str, value: str) -> None:
    settings = parsed.settings
    if name == "connect":
        settings.uri = value
    elif name == "debug":
        level = _number(value)
        if level is None:
            raise UsageError("option -d takes a numeric argument")
        if 0 <= level <= 4:
            settings.debug = level
        else:
            parsed.notices.append(f"ignoring debug level {level} out of range [0-4]")
    elif name == "escape":
        # ^X is the control character, anything else stands for itself
        if value.isascii() and (len(value) == 2 if value.startswith("^") else len(value) == 1):
            settings.escape = value
        else:
            raise UsageError(f"Invalid string '{value}' for escape sequence")
    elif name in ("keepalive-interval", "keepalive-count"):
        # Connections are local: there is nothing to keep alive.
        number = _number(value)
        option = "-k" if name.endswith("interval") else "-K"
        if number is None or abs(number) >= 1 << 31:
            raise UsageError(f"Invalid value for option {option}")
        if number < 0:
            raise UsageError(f"option {option} requires a positive integer argument")
    elif name == "log":
        settings.log = value
    elif name == "output":
        if value not in FORMATS:
            raise UsageError(f"option -o takes one of {', '.join(FORMATS)}")
        settings.output = value
    elif name == "version":
        parsed.show = "long-version" if value == "long" else "version"
    elif name in ("help", "long-version"):
        parsed.show = name
    else:
        setattr(settings, name.replace("-", "_"), True)


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None
