"""What a person prefers at the prompt: kept in a file of his own, and changed by ``set``.

``$XDG_CONFIG_HOME/virshpy/shell.conf`` has a line ``name = value`` for each preference that is not as it comes. Only
the prompt heeds them: what a script prints does not depend on who runs it.
"""

from __future__ import annotations

from virshpy.shell import userfiles
from virshpy.shell.render.output import FORMATS


class Preference:
    """One of them: the values that it may have, the first being how it comes, and what it is about."""

    __slots__ = ("values", "help")

    def __init__(self, values: str, help: str) -> None:
        self.values = values.split()
        self.help = help


KNOWN = {
    "editing": Preference("emacs vi", "keys that edit a line"),
    "menu": Preference("tab typing", "when the menu of completion opens: at Tab, or while one types"),
    "suggestions": Preference("on off", "the rest of a line from history, in grey; the right arrow takes it"),
    "colours": Preference("on off", "colours in the line that is typed"),
    "output": Preference(f"auto {' '.join(FORMATS)}", "format of what is printed"),
    "pager": Preference("auto off", "whether a pager shows what the screen has no room for"),
}


class Preferences:
    """The preferences of a session. What the file says wrongly is passed over: ``set`` writes it anew."""

    def __init__(self) -> None:
        self.chosen = {name: value for name, value in userfiles.preferences() if _is_right(name, value)}

    def __getitem__(self, name: str) -> str:
        return self.chosen.get(name, KNOWN[name].values[0])

    def set(self, name: str, value: str) -> None:
        """Have it from now on, and keep it. Raises SystemCallError where it cannot be kept; it holds all the same."""
        self.chosen[name] = value
        if value == KNOWN[name].values[0]:
            del self.chosen[name]
        userfiles.keep_preferences(self.chosen)


def _is_right(name: str, value: str) -> bool:
    return name in KNOWN and value in KNOWN[name].values
