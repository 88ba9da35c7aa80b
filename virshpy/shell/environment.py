"""What the program finds around it: the name by which it is called, what a terminal can show, which letters it has.

Called as ``virsh``, through a link of that name or with ``VIRSHPY_AS=virsh``, it is a drop-in: virsh's prompt, banner
and version, plain output also on a terminal, no hints; of our own variables only ``VIRSHPY_DEFAULT_URI`` counts. What
fences hosts or powers machines through a terminal finds what it has always found.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

OWN, VIRSH = "virshpy", "virsh"
_INCAPABLE = frozenset(("", "dumb", "unknown"))
_FAMILIES_WITH_COLOUR = ("xterm", "screen", "tmux", "linux", "rxvt")
# Where a terminal has no other letters, these stand for what we draw and write.
_ASCII = str.maketrans({"─": "-", "━": "=", "…": "..."})


def program() -> str:
    """``virsh`` or ``virshpy``: the name by which the program was called."""
    called = os.environ.get("VIRSHPY_AS") or os.path.basename(sys.argv[0])
    return VIRSH if called == VIRSH else OWN


def as_virsh() -> bool:
    return program() == VIRSH


def variable(name: str) -> str | None:
    """A variable of ours that changes what is printed: None where it is empty, and where we are called as virsh."""
    return None if as_virsh() else os.environ.get(name) or None


def no_colour() -> bool:
    """Whether the user wants none (NO_COLOR of no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def is_capable(stream: TextIO) -> bool:
    """Whether a stream is a terminal that does more than print letters: one without a name cannot be relied on."""
    return stream.isatty() and os.environ.get("TERM", "") not in _INCAPABLE


def has_colours(stream: TextIO) -> bool:
    """Whether colours may be sent to a stream."""
    return is_capable(stream) and not no_colour() and _knows_colours(os.environ.get("TERM", ""))


def _knows_colours(terminal: str) -> bool:
    """What terminfo says. One that it does not know is newer than it, and has colours."""
    if "color" in terminal or terminal.startswith(_FAMILIES_WITH_COLOUR):
        return True  # without a look: the module takes two milliseconds
    try:
        import _curses

        _curses.setupterm(terminal, sys.stdout.fileno())
        return _curses.tigetnum("colors") > 0
    except (ImportError, _curses.error):
        return True


def drawn(text: str) -> str:
    """A text of ours with what the locale has letters for: ``─`` is a dash where the locale is not UTF-8."""
    return text if text.isascii() or _is_utf8() else text.translate(_ASCII)


def _is_utf8() -> bool:
    """Whether the environment names a UTF-8 locale, installed or not. Python puts LC_CTYPE there where it finds the
    locale C (PEP 538), and tells by its own mode that it has."""
    variables = ("LC_ALL", "LANG") if _is_coerced() else ("LC_ALL", "LC_CTYPE", "LANG")
    named = next(filter(None, map(os.environ.get, variables)), "C")
    return "UTF8" in named.upper().replace("-", "")


def _is_coerced() -> bool:
    return bool(sys.flags.utf8_mode) and os.environ.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8")
