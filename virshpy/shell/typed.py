"""A line that a person typed at the prompt: commands, with what the system's shell is to do.

``list | grep web`` and ``dumpxml web > web.xml`` hand what a command prints to the system's shell; after ``!`` all of
the line is for it. What it runs goes to the connection in use, too. A document is typed or pasted where a command reads
/dev/stdin. Called as virsh, a line is only what virsh makes of it.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from virshpy.shell import environment
from virshpy.shell.lang.partial_line import parts
from virshpy.shell.streams import OutputLost, flush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.shell.session import Session


def run_typed(line: str, session: Session) -> None:
    """Run what was typed; the lines of a paste that follow a command that reads a document are that document."""
    first, newline, rest = line.partition("\n")
    if newline and rest.strip() and "/dev/stdin" in first.split():
        kept, session.read_document = session.read_document, lambda: rest
        try:
            session.run_line(first)
        finally:
            session.read_document = kept
        return
    if environment.as_virsh():
        session.run_line(line)
    elif line.lstrip().startswith("!"):
        _in_shell(line.lstrip()[1:], session)
    else:
        _run_parts(line, session)


def _run_parts(line: str, session: Session) -> None:
    """Run the commands of a line. Where the system's shell has a part in none, they are parsed before any is run."""
    found = list(parts(line))
    if not any(shell for _, shell in found):
        session.run_line(line)
        return
    for commands, shell in found:
        if shell:
            with _printing_to(shell, session):
                session.run_line(commands)
        else:
            session.run_line(commands)
        if session.stopping:
            return


def _in_shell(text: str, session: Session) -> None:
    """A line's end is the end of what goes to the shell, and its exit code is the user's business."""
    import subprocess

    flush()
    subprocess.run(["sh", "-c", text], env=_with_connection(session))


@contextmanager
def _printing_to(shell: str, session: Session) -> Iterator[None]:
    """Meanwhile, what is printed goes to this part of a line: ``| grep web``, ``> web.xml``."""
    import subprocess

    flush()
    reader = shell[1:] if shell.startswith("|") else f"cat {shell}"
    process = subprocess.Popen(
        ["sh", "-c", reader],
        stdin=subprocess.PIPE,
        env=_with_connection(session),
        encoding="utf-8",
        errors="surrogateescape",
    )
    assert process.stdin is not None
    renderer, screen, format = session.renderer, sys.stdout, session.renderer.format
    sys.stdout = process.stdin
    renderer.format = "plain" if format == "rich" else format
    try:
        yield
    except OutputLost:
        pass  # as head ends: it has had enough
    finally:
        sys.stdout, renderer.format = screen, format
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.wait()


def _with_connection(session: Session) -> dict[str, str]:
    """The environment with the connection in use as the default one."""
    uri = session.shown_uri() if session.connected else session.uri
    return {**os.environ, "VIRSHPY_DEFAULT_URI": uri} if uri else dict(os.environ)
