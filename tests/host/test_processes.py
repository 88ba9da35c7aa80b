"""Programs that are run to their end, and what is known of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from tests import needs
from virshpy import errors
from virshpy.host import files, processes


def test_a_program_gets_its_input_and_its_words_come_back() -> None:
    text = "ä\n" * 100_000  # more than a pipe holds
    done = processes.run(["/bin/cat"], input=text)
    assert (done.returncode, done.stdout == text, done.stderr) == (0, True, "")
    assert processes.run(["/bin/cat"]).stdout == ""
    assert processes.run(["/bin/sh", "-c", "echo $LC_ALL $A"], env={"A": "b"}).stdout == "C b\n"


def test_a_program_that_fails_is_told_with_its_words() -> None:
    with pytest.raises(errors.InternalError, match=r"Child process \(/bin/sh -c .*\) unexpected exit status 3: no\.$"):
        processes.run(["/bin/sh", "-c", "echo no. >&2; exit 3"])
    with pytest.raises(errors.InternalError, match="unexpected fatal signal 9: "):
        processes.run(["/bin/sh", "-c", "kill -9 $$"])
    assert processes.run(["/bin/false"], check=False).returncode == 1
    with pytest.raises(errors.SystemCallError, match="Cannot run /no/program: No such file or directory"):
        processes.run(["/no/program"])


def test_a_program_that_does_not_end_is_ended() -> None:
    argv = ["/bin/sleep", f"77.{os.getpid()}"]
    with pytest.raises(errors.OperationTimeout, match="/bin/sleep did not end within 0.2 seconds"):
        processes.run(argv, timeout=0.2)
    assert not [pid for pid, _, words in processes.command_lines() if words[:2] == argv]


def test_a_program_is_heard_by_who_has_no_standard_streams() -> None:
    said = "done = processes.run(['/bin/sh', '-c', 'cat; echo b; echo c >&2'], input='a')"
    told = "open(sys.argv[1], 'w').write(f'{done.returncode} {done.stdout!r} {done.stderr!r}')"
    script = f"import os, sys; from virshpy.host import processes; os.closerange(0, 3); {said}; {told}"
    with tempfile.NamedTemporaryFile("r") as answer:
        subprocess.run([sys.executable, "-c", script, answer.name], check=True)
        assert answer.read() == "0 'ab\\n' 'c\\n'"


def test_a_program_is_handed_descriptors() -> None:
    fd = files.in_memory(b"a secret")
    try:
        assert processes.run(["/bin/cat", f"/proc/self/fd/{fd}"], descriptors=[fd]).stdout == "a secret"
    finally:
        os.close(fd)


def test_a_program_has_nothing_that_it_was_not_given() -> None:
    """What we were started with, as a script's lock, is not what we start has."""
    fd = os.open("/dev/zero", os.O_RDONLY)
    os.set_inheritable(fd, True)
    try:
        assert "/dev/zero" not in processes.run(["/bin/sh", "-c", "ls -l /proc/self/fd"]).stdout
    finally:
        os.close(fd)


@needs.root
def test_a_program_is_another_user() -> None:
    done = processes.run(["/bin/sh", "-c", "id -u; id -g; id -G"], uid=1879114001, groups=[7])
    assert done.stdout.split() == ["1879114001", "1879114001", "1879114001", "7"]


def test_a_pid_means_a_process_only_with_its_start_time() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        started = processes.start_time(process.pid)
        assert started is not None and processes.is_running(process.pid, started)
        assert not processes.is_running(process.pid, started + 1)
        assert not processes.signal_process(process.pid, started + 1, signal.SIGKILL)
        assert processes.wait_gone(process.pid, started + 1, 0) and not processes.wait_gone(process.pid, started, 0.05)
        assert processes.ending(process.pid, started) is None
        assert processes.threads(process.pid) == {process.pid}
        assert processes.cpu_time(process.pid) < 1_000_000_000
        processes.pin(process.pid, [0])
        assert os.sched_getaffinity(process.pid) == {0}
        assert (process.pid, os.geteuid(), ["/bin/sleep", "60", ""]) in list(processes.command_lines())
        assert os.geteuid() in processes.users()
        assert processes.signal_process(process.pid, started, signal.SIGTERM)
        until = time.monotonic() + 10
        while (how := processes.ending(process.pid, started)) is None:
            assert time.monotonic() < until
        assert how == "fatal signal 15"
    gone = process.pid
    assert processes.start_time(gone) is None and not processes.is_running(gone, started)
    assert not processes.signal_process(gone, started, signal.SIGTERM) and processes.wait_gone(gone, started, 1)
    assert processes.cpu_time(gone) == 0 and processes.threads(gone) == set()
    processes.pin(gone, [0])
    processes.kill(gone, started, patience=1)
    assert processes.ending(gone, started) is None


def test_pins_that_cannot_be_are_refused() -> None:
    with pytest.raises(errors.SystemCallError, match=f"cannot set CPU affinity on process {os.getpid()}: Invalid"):
        processes.pin(os.getpid(), [4000])


def test_time_that_a_process_has_used() -> None:
    before = processes.cpu_time(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    used = processes.cpu_time(os.getpid()) - before
    assert 50_000_000 <= used <= 100_000_000_000
