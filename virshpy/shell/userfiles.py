"""The few files that the shell writes for its user: the prompt's history, his preferences, --log, the trace of a fault,
what is being edited, what a command was asked to save, and a unit that is to be installed.

They are the user's own, not the host's: nothing undoes them, so they do not go through the journal.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from string import ascii_letters, digits

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOLDER = "virshpy"
_ACCEPTED = set(ascii_letters + digits + "/_.:@-")


def _state_folder() -> str | None:
    """Where they live ($XDG_STATE_HOME/virshpy); None where that is nowhere."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(base, FOLDER) if os.path.isabs(base) else None


def state_folder() -> str | None:
    """The same, made when missing; None where that cannot be."""
    folder = _state_folder()
    if folder is None:
        return None
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
    except OSError:
        return None
    return folder


def history_file() -> str | None:
    """The prompt's history, readable by its user only; None where none can be kept."""
    folder = state_folder()
    if folder is None:
        return None
    path = os.path.join(folder, "history")
    return path if _append(path, "") else None


def remember(line: str) -> None:
    """Keep a line of the prompt. A stamp and a mark before each line of it: the form that prompt_toolkit reads, too."""
    path = history_file()
    if path is not None:
        marked = "".join(f"+{part}\n" for part in line.split("\n"))
        _append(path, f"\n# {time.strftime('%Y-%m-%d %H:%M:%S')}\n{marked}")


def remembered() -> list[str]:
    """The lines of the prompt that were kept, the last one at the end."""
    try:
        with open(os.path.join(_state_folder() or "", "history"), encoding="utf-8", errors="replace") as file:
            entries = file.read().split("\n\n")
    except OSError:
        return []
    kept = ("\n".join(line[1:] for line in entry.split("\n") if line.startswith("+")) for entry in entries)
    return [line for line in kept if line]


def preferences() -> Iterator[tuple[str, str]]:
    """Names and values of the user's preferences, as they are kept."""
    try:
        with open(_preferences_file(), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        name, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith("#"):
            yield name.strip(), value.strip()


def keep_preferences(chosen: Mapping[str, str]) -> None:
    """Keep these and no others. Raises SystemCallError."""
    text = "".join(f"{name} = {value}\n" for name, value in chosen.items())
    install(_preferences_file(), f"# What virshpy's prompt is to be like; the command 'set' changes it.\n{text}")


def _preferences_file() -> str:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(base, FOLDER, "shell.conf")


def keep_trace(trace: str) -> str | None:
    """Keep the trace of the last fault; the path, or None where it could not be written."""
    folder = state_folder()
    if folder is None:
        return None
    path = os.path.join(folder, "last-fault.txt")
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    return path if _append(path, f"{stamp}\n{trace}\n", truncate=True) else None


def log(path: str, level: str, sentence: str) -> None:
    """Append a line to the file that --log names."""
    stamp = time.strftime("%Y.%m.%d %H:%M:%S")
    _append(path, f"[{stamp} virshpy {os.getpid()}] {level} {sentence}\n")


def can_log(path: str) -> bool:
    return _append(path, "")


def _append(path: str, text: str, *, truncate: bool = False) -> bool:
    how = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if truncate else os.O_APPEND)
    try:
        with open(os.open(path, how, 0o600), "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError:
        return False
    return True


def save(path: str, blocks: Iterable[bytes]) -> None:
    """Write a file that a command was asked for: vol-download, screenshot. Raises OSError."""
    with open(path, "wb") as file:
        for block in blocks:
            file.write(block)


@contextmanager
def filled(path: str) -> Iterator[int]:
    """A descriptor of a file that a command was asked for, new or emptied; a half of one is removed. Raises OSError."""
    there = os.path.exists(path)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        yield fd
    except BaseException:
        if not there:
            os.unlink(path)
        raise
    finally:
        os.close(fd)


def install(path: str, text: str) -> None:
    """Write a file of the host's or the user's configuration, whole or not at all. Raises SystemCallError."""
    aside = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(aside, path)
    except OSError as error:
        if os.path.exists(aside):
            os.unlink(aside)
        raise errors.from_os_error(error, f"cannot write {path}") from None


def begin_draft(text: str, suffix: str) -> str:
    """A new file of the user's own with a text in it, for an editor; its path needs no quotes in a shell.

    Raises SystemCallError.
    """
    from tempfile import gettempdir, mkstemp

    folder = gettempdir()
    try:
        fd, path = mkstemp(suffix, "virshpy", folder if not set(folder) - _ACCEPTED else "/tmp")
        with open(fd, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
    except OSError as error:
        raise errors.from_os_error(error, "failed to create temporary file") from None
    return path


def read_draft(path: str) -> str:
    """What an editor has made of it. Raises FileNotFoundError, UnicodeDecodeError."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return file.read()


def end_draft(path: str, *, unless: str | None = None) -> str | None:
    """Remove it; with ``unless`` only where it holds that text. The path where it is kept."""
    try:
        if unless is not None:
            with open(path, "rb") as file:
                if file.read() != unless.encode(errors="surrogateescape"):
                    return path
        os.unlink(path)
    except OSError:
        pass
    return None
