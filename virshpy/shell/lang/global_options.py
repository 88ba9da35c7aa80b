"""The program's own options, before the command: virsh's, by virsh's rules (getopt's), and a few of virshpy's."""

from __future__ import annotations

import os

from virshpy.shell.lang.types import whole_number
from virshpy.shell.render.output import FORMATS
from virshpy.shell.session import DEBUG, ERROR, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# letter, long name, whether it takes a value (None: it may)
_OPTIONS: tuple[tuple[str, str, bool | None], ...] = (
    ("c", "connect", True),
    ("d", "debug", True),
    ("e", "escape", True),
    ("h", "help", False),
    ("k", "keepalive-interval", True),
    ("K", "keepalive-count", True),
    ("l", "log", True),
    ("q", "quiet", False),
    ("r", "readonly", False),
    ("t", "timing", False),
    ("v", "version", None),
    ("V", "long-version", False),
    ("o", "output", True),
    ("", "hints", False),
    ("", "pager", False),
    ("", "explain", False),
)
# Those that virsh does not have are never abbreviated: what was an abbreviation of one of its own stays that.
_OURS = frozenset(("output", "hints", "pager", "explain"))
_BY_LETTER = {letter: (name, value) for letter, name, value in _OPTIONS if letter}
_LONG = {name: (letter, value) for letter, name, value in _OPTIONS if name != "long-version"}


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
    """virsh's variables, which mean what no option says."""
    settings = parsed.settings
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
        setattr(settings, name, True)


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None
