"""virshpy itself, at the prompt: what a person prefers, and what was typed before."""

from __future__ import annotations

from virshpy.shell import preferences, userfiles
from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import command, option
from virshpy.shell.lang.types import STRING, UInt
from virshpy.shell.render.results import Lines, Message, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session


@command(
    "set",
    "show or change what you prefer at the prompt",
    "Without a value, show the preferences, or one of them. What is changed holds\n"
    "at once, and is kept for the next time; scripts do not heed it.",
    (
        option("name", STRING.offering("PREFERENCES"), "what it is about, such as editing"),
        option("value", STRING.offering("PREFERRED"), "how you want it"),
    ),
    examples=(
        ("set", "all of them, with their values"),
        ("set editing vi", "the keys of vi"),
        ("set menu typing", "a menu as soon as there is something to choose from"),
    ),
    returns="preferences[name value description] | message",
    connects=False,
)
def set_(session: Session, name: str | None, value: str | None) -> Result:
    known = preferences.KNOWN
    if name is not None and name not in known:
        raise Failure(f"there is no preference '{name}'", hint=f"there are: {', '.join(known)}")
    if name is None or value is None:
        chosen = [one for one in known if name in (None, one)]
        rows = [(one, session.preferences[one], known[one].help) for one in chosen]
        return Table("preferences", [("name", "Name"), ("value", "Value"), ("description", "Meaning")], rows)
    if value not in known[name].values:
        raise Failure(f"'{name}' cannot be '{value}'", hint=f"it is one of {', '.join(known[name].values)}")
    session.preferences.set(name, value)
    return Message(f"'{name}' is '{value}' from now on")


@command(
    "history",
    "list the lines that were typed at the prompt",
    "List the lines that were typed at the prompt, with their numbers.",
    (option("last", UInt(32), "only the last ones: how many"),),
    examples=(("history 20", "the last twenty lines"),),
    returns="history[number line]",
    connects=False,
)
def history(last: int | None) -> Lines:
    lines = list(enumerate(userfiles.remembered(), 1))
    return Lines("history", ["number", "line"], lines if last is None else lines[len(lines) - min(last, len(lines)) :])
