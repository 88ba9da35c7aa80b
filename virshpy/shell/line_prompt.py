"""The plain prompt: GNU readline, as virsh has it. For a terminal that only prints letters, and when called as virsh.

Whoever drives it through a pseudo-terminal finds virsh's bytes: nothing is asked of the terminal and nothing is drawn.
"""

from __future__ import annotations

from functools import partial

from virshpy.shell import streams, userfiles
from virshpy.shell.lang.complete import candidates
from virshpy.shell.lang.help import welcome
from virshpy.shell.lang.partial_line import last_command, quoted
from virshpy.shell.typed import run_typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.session import Session

_DELIMITERS = " \t\n;"


def run_prompt(session: Session) -> None:
    """Read and run lines until ``quit`` or Ctrl-D. Ctrl-C cancels what is being typed, or the running command."""
    streams.leave_in_order()
    _make_ready(session)
    if not session.settings.quiet:
        session.renderer.write(welcome())
    while not session.stopping:
        try:
            streams.flush()
            line = input(session.prompt)
            if line.strip():
                userfiles.remember(line)
                run_typed(line, session)
        except KeyboardInterrupt:
            session.renderer.write("\n")
        except EOFError:
            break
    session.renderer.write("\n")


def _make_ready(session: Session) -> None:
    """History and completion; a Python without readline reads lines all the same."""
    try:
        import readline
    except ImportError:
        return
    for line in userfiles.remembered():
        readline.add_history(line.replace("\n", " "))
    readline.set_completer_delims(_DELIMITERS)
    readline.set_completer(partial(_offer, session, []))
    readline.parse_and_bind("tab: complete")


def _offer(session: Session, found: list[str], _: str, number: int) -> str | None:
    """readline's completer: the offers for what stands before the cursor, one by one. ``found`` keeps them between the
    calls. The only one has a blank after it, unless it goes on (a folder, ``--option=``)."""
    import readline

    if number == 0:
        words, _typed = last_command(readline.get_line_buffer()[: readline.get_endidx()])
        found[:] = [quoted(word) for word, _meaning in candidates(words, session, explained=False)]
        if len(found) == 1 and not found[0].endswith(("/", "=")):
            found[0] += " "
    return found[number] if number < len(found) else None
