"""Files that are shipped beside the program: completions of shells, units of systemd.

They lie in folders of the checkout; in an installed package, in ``shipped`` beside this module.
"""

from __future__ import annotations

import os
import sys

from virshpy.shell import environment
from virshpy.shell.failure import Failure

_HERE = os.path.dirname(os.path.abspath(__file__))
_PLACES = (f"{_HERE}/shipped", os.path.dirname(os.path.dirname(_HERE)))
COMPLETIONS = {"bash": "virshpy.bash", "zsh": "_virshpy", "fish": "virshpy.fish"}
UNIT = "virshpy-guests.service"
_PROGRAM = "/usr/bin/virshpy"  # what the units run


def text(path: str) -> str:
    """A shipped file. Raises Failure where it was left out of the installation."""
    for place in _PLACES:
        try:
            with open(f"{place}/{path}", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            continue
    raise Failure(f"{path} is not installed", kind="absent", hint="the package was built without it")


def completion(shell: str) -> str:
    """The completion of a shell, for the name by which the program was called."""
    found = text(f"completions/{COMPLETIONS[shell]}")
    if environment.as_virsh():
        for words in ("#compdef ", "complete -F _virshpy ", "compdef _virshpy ", "complete -c "):
            found = found.replace(f"{words}{environment.OWN}", f"{words}{environment.VIRSH}")
    return found


def unit(*, user: bool) -> str:
    """The unit that starts and stops guests with the host, or with a user's manager; it runs this program."""
    return text(f"systemd/{'user' if user else 'system'}/{UNIT}").replace(_PROGRAM, _own_path())


def unit_path(*, user: bool) -> str:
    """Where an administrator, or a user, has units of his own."""
    if not user:
        return f"/etc/systemd/system/{UNIT}"
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return f"{config}/systemd/user/{UNIT}"


def _own_path() -> str:
    """How this program is run from anywhere."""
    path = os.path.abspath(sys.argv[0])
    if os.path.basename(path) in (environment.OWN, environment.VIRSH) and os.access(path, os.X_OK):
        return path
    return f"{sys.executable} -m virshpy"
