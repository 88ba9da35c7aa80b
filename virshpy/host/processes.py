"""Processes of the host: programs that are run, signals, and everything that is known of a pid.

A process is named by (pid, start time, boot), so that a recycled pid is never taken for the one that was meant.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.host import files, signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from virshpy.host.children import Heard


class Completed:
    """What a finished command said: ``returncode``, ``stdout``, ``stderr`` (text)."""

    __slots__ = ("argv", "returncode", "stdout", "stderr")

    def __init__(self, argv: Sequence[str], returncode: int, stdout: str, stderr: str) -> None:
        self.argv = argv
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr


def run(
    argv: Sequence[str],
    *,
    input: str | None = None,
    timeout: float = 60,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    uid: int | None = None,
    groups: Sequence[int] = (),
    descriptors: Sequence[int] = (),
    together: bool = False,
) -> Completed:
    """Run a command to its end, as another user where ``uid`` is given (with an equal gid, and ``groups``).

    ``descriptors`` stay open in it, under their numbers. It has all of ``input`` from the outset, and so comes to its
    end even where we are killed meanwhile. ``together``: what it has started ends with it where it is given up.

    Raises InternalError with the command's own words where it fails (unless not ``check``),
    SystemCallError where it cannot be run, OperationTimeout where it does not end.
    """
    from time import monotonic

    from virshpy.host.children import ERR, OUT

    until = monotonic() + timeout
    said = {OUT: bytearray(), ERR: bytearray()}
    source = None if input is None else files.in_memory(input.encode())
    child = _started([*as_user(uid, groups), *argv], source, env=env, descriptors=descriptors, together=together)
    with child, signals.interruptible():
        for end, word in child.words():
            said[end] += word
            if monotonic() > until:
                raise errors.OperationTimeout(f"{argv[0]} did not end within {timeout:g} seconds")
    stdout, stderr = (said[end].decode(errors="replace") for end in (OUT, ERR))
    if check:
        _require_success(argv, child.returncode, stderr or stdout)
    return Completed(argv, child.returncode, stdout, stderr)


def run_heard(
    argv: Sequence[str], hear: Callable[[str], object], *, timeout: float, descriptors: Sequence[int] = ()
) -> None:
    """Run a command that says how far it is: ``hear`` gets what it writes to standard output, as it comes.

    It is given up where nothing comes for ``timeout`` seconds, and where ``hear`` raises, which is also called with
    nothing now and then. Raises what :func:`run` does.
    """
    from time import monotonic

    from virshpy.host.children import ERR, OUT

    until = monotonic() + timeout
    said = {OUT: "", ERR: ""}
    child = _started(argv, None, descriptors=descriptors, together=True)
    with child, signals.interruptible():
        for end, word in child.words():
            text = word.decode(errors="replace")
            said[end] = (said[end] + text)[-65536:]
            if word:
                until = monotonic() + timeout
            if monotonic() > until:
                raise errors.OperationTimeout(f"{argv[0]} has said nothing for {timeout:g} seconds")
            if end == OUT:
                hear(text)
    _require_success(argv, child.returncode, said[ERR] or said[OUT])


def _started(
    argv: Sequence[str],
    source: int | None,
    *,
    env: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
    together: bool = False,
) -> Heard:
    """A process whose output is heard; its input is ``source``, which is closed here. Raises SystemCallError."""
    from virshpy.host.children import Heard

    given = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        return Heard(argv, stdin=source, env=given, descriptors=descriptors, together=together)
    except OSError as error:
        raise errors.from_os_error(error, f"Cannot run {argv[0]}") from None
    finally:
        if source is not None:
            os.close(source)


def as_user(uid: int | None, groups: Sequence[int]) -> list[str]:
    """The words before a program's that make it another user's: of ``uid``, an equal gid and ``groups``."""
    if uid is None:
        return []
    more = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), *more]


def _require_success(argv: Sequence[str], returncode: int, words: str) -> None:
    if returncode:
        how = _ending(returncode)
        raise errors.InternalError(f"Child process ({' '.join(argv)}) unexpected {how}: {words.strip()}")


# A long-lived process is born as this shell, already under its own user, and becomes the program only when told to,
# which is after its pid is in the journal. If we die before, its standard input ends and so does it: no process is
# ever without a record. The first word is the directory that it is to be in; the shell
# tells in its environment where it was.
_GATE = 'umask 077 && cd "$1" && unset OLDPWD && shift && read -r go && exec "$@" </dev/null'


class Gated:
    """A process that waits for ``go()``; left as a context without it, it ends. Its words begin at ``said_from``."""

    def __init__(self, pid: int, started: int, said_from: int, gate: int) -> None:
        self.pid = pid
        self.started = started
        self.said_from = said_from
        self._gate = gate

    def go(self) -> None:
        """Let it run. One that was killed meanwhile is as one that ended at once: who speaks to it next will say so."""
        try:
            os.write(self._gate, b"go\n")
        except BrokenPipeError:
            pass

    def __enter__(self) -> Gated:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._gate)


def start_gated(
    argv: Sequence[str],
    *,
    log: str,
    cwd: str,
    env: Mapping[str, str],
    uid: int | None,
    groups: Sequence[int],
    descriptors: Sequence[int],
) -> Gated:
    """Start a process in a session of its own, its output at the end of ``log``, its environment just ``env``.

    ``uid`` None keeps our user; otherwise the process has uid, an equal gid and ``groups`` from its first instruction.
    Raises OSError.
    """
    from virshpy.host import children

    output = files.open_log(log)
    gate_read, gate_write = os.pipe()
    try:
        said_from = files.note_in(output, f"starting up\n{' '.join(argv)}")
        pid = children.start(
            [*as_user(uid, groups), "/bin/sh", "-c", _GATE, "virshpy", cwd, *argv],
            stdin=gate_read,
            stdout=output,
            stderr=output,
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath), **env},
            descriptors=descriptors,
            session=True,
        )
    except BaseException:
        os.close(gate_write)
        raise
    finally:
        os.close(gate_read)
        os.close(output)
    return Gated(pid, start_time(pid) or 0, said_from, gate_write)


def in_child(act: Callable[[], object]) -> int:
    """Do something in a process of its own that is as we are, and ends with it: what changes the process that does it.

    Its pid, for :func:`await_child`. What it is to tell it writes to somebody; what it raises is lost.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        act()
    finally:
        os._exit(0)


def await_child(pid: int) -> None:
    """Collect a child that is about to end, or kill it."""
    from virshpy.host.signals import SIGKILL

    if not wait_gone(pid, start_time(pid) or 0, _AFTER_KILLING):
        os.kill(pid, SIGKILL)
        wait_gone(pid, start_time(pid) or 0, _AFTER_KILLING)
    reap(pid)


def _ending(returncode: int) -> str:
    return f"fatal signal {-returncode}" if returncode < 0 else f"exit status {returncode}"


def boot_id() -> str:
    """What tells this boot of the host from every other."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


# Seconds for a process to be gone that has closed its sockets, which it does some time before.
CLOSING = 1
# Seconds for the kernel to clear away a process that was killed; and one that has not gone in that time before.
_AFTER_KILLING = 15
_AGAIN = 0.1


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None where there is none, or only a zombie is left.

    A process whose first thread has ended lives on in the others: one of them may wait for storage in the kernel.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") and int(fields[17]) <= 1 else int(fields[19])


def is_running(pid: int, started: int) -> bool:
    """Whether exactly this process still runs."""
    return start_time(pid) == started


def signal_process(pid: int, started: int, number: int) -> bool:
    """Send a signal to exactly this process; False where it is gone."""
    from virshpy.host.signals import pidfd_send_signal

    fd = _pidfd(pid, started)
    if fd is None:
        return False
    try:
        pidfd_send_signal(fd, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(fd)


def ending(pid: int, started: int, timeout: float = 0) -> str | None:
    """How a child of ours ended (``exit status 1``); None where it runs after ``timeout`` seconds, or is no child."""
    if not _awaited(pid, started, timeout):
        return None
    try:
        gone, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return _ending(os.waitstatus_to_exitcode(status)) if gone else None


def wait_for(seen: Callable[[], bool], timeout: float) -> bool:
    """Look again and again until something is seen; False where it is not within ``timeout`` seconds."""
    import time

    until = time.monotonic() + timeout
    while not seen():
        if time.monotonic() > until:
            return False
        time.sleep(0.002)
    return True


def wait_gone(pid: int, started: int, timeout: float) -> bool:
    """Wait until a process has ended; False where it still runs after ``timeout`` seconds."""
    gone = _awaited(pid, started, timeout)
    if gone:
        reap(pid)
    return gone


def _awaited(pid: int, started: int, timeout: float) -> bool:
    from virshpy.host.children import ends

    fd = _pidfd(pid, started)
    return fd is None or ends(fd, timeout * 1000)


def kill(pid: int, started: int, *, patience: float, force: bool = True, again: bool = False) -> None:
    """End a process: SIGTERM, and after ``patience`` seconds SIGKILL (unless not ``force``).

    ``again``: it was killed before and did not go, so that it is hardly waited for. Raises SystemCallError where it
    does not end.
    """
    from virshpy.host.signals import SIGKILL, SIGTERM

    if pid == os.getpid():
        return  # a watcher that takes its own guest's list back; it is about to leave anyway
    waits = {SIGTERM: patience, SIGKILL: _AFTER_KILLING} if force else {SIGTERM: patience}
    for number, seconds in ({SIGKILL: _AGAIN} if again else waits).items():
        if not signal_process(pid, started, number) or wait_gone(pid, started, seconds):
            reap(pid)
            return
    import errno
    from signal import Signals

    raise errors.from_os_error(
        OSError(errno.EBUSY, os.strerror(errno.EBUSY)),
        f"Failed to terminate process {pid} with {Signals(number).name}",
        hint="it waits in the kernel, for storage that does not answer" if force else "to end it at once, kill it",
    )


def reap(pid: int) -> None:
    """Collect an ended child of ours, so that no zombie stays; another's process is left alone."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def cpu_time(pid: int) -> int:
    """Processor time that a process has used, in nanoseconds; 0 where it is gone."""
    return sum(cpu_times(pid))


def cpu_times(pid: int) -> tuple[int, int]:
    """The same as (its own, the kernel's for it)."""
    return _times(f"/proc/{pid}/stat")


def _times(path: str) -> tuple[int, int]:
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    try:
        with open(path, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    return int(fields[11]) * tick, int(fields[12]) * tick


def thread_times(pid: int, thread: int) -> tuple[int, int]:
    """Nanoseconds that a thread has run, and that it has waited for a processor; zeros where it is gone."""
    try:
        with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
            waited = int(file.read().split()[1])
    except (OSError, IndexError):
        waited = 0  # a kernel that does not count it
    return sum(_times(f"/proc/{pid}/task/{thread}/stat")), waited


def resident(pid: int) -> int:
    """Memory of the host that a process has, in KiB; 0 where it is gone."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def threads(pid: int) -> set[int]:
    """The threads of a process; none where it is gone."""
    try:
        return {int(name) for name in os.listdir(f"/proc/{pid}/task")}
    except FileNotFoundError:
        return set()


def pin(thread: int, cpus: Collection[int]) -> None:
    """Let a thread run on these processors alone; one that has ended needs none. Raises SystemCallError."""
    try:
        os.sched_setaffinity(thread, cpus)
    except ProcessLookupError:
        pass
    except OSError as error:
        raise errors.from_os_error(error, f"cannot set CPU affinity on process {thread}") from None


def users() -> set[int]:
    """The uids of all processes of the host."""
    found = set()
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdecimal():
                try:
                    found.add(entry.stat().st_uid)
                except FileNotFoundError:
                    continue
    return found


def words_of(pid: int) -> list[str]:
    """The command line of a process; none where it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.fsdecode(file.read()).split("\0")
    except OSError:
        return []


def folder_of(pid: int) -> str:
    """The directory that a process works in, also where that has been removed; nothing where it is not told."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def command_lines() -> Iterator[tuple[int, int, list[str]]]:
    """(pid, uid, words) of every process of the host."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdecimal():
                try:
                    with open(f"/proc/{entry.name}/cmdline", "rb") as file:
                        yield int(entry.name), entry.stat().st_uid, os.fsdecode(file.read()).split("\0")
                except OSError:
                    continue


def _pidfd(pid: int, started: int) -> int | None:
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    if start_time(pid) != started:
        os.close(fd)
        return None
    return fd
