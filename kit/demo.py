"""`make demo`: a real guest, defined, started, listed and stopped through virshpy, in front of you.

All of it is in a connection of its own, in a folder below /tmp: the guests of the default connection are not touched,
and any number of demos may run at once. On a terminal it ends in virshpy's prompt with the guest running; otherwise it
stops the guest. Both ways every guest of that connection and all its files are gone at the end.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from xml.sax.saxutils import escape

from kit.guest import READY, Guest, GuestError, build

NAME = "demo"
BOOT_SECONDS = 90
VIRSHPY = (sys.executable, "-m", "virshpy")
WIDTH = 78

DOMAIN = """\
<domain type='qemu'>
  <name>{name}</name>
  <title>a small Linux, for show</title>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{cmdline}</cmdline>
  </os>
  <features>
    <acpi/>
  </features>
  <devices>
    <interface type='user'>
      <model type='virtio'/>
    </interface>
    <serial type='pty'>
      <log file='{log}'/>
    </serial>
    <rng model='virtio'>
      <backend model='random'>/dev/urandom</backend>
    </rng>
  </devices>
</domain>
"""


class DemoError(Exception):
    """A step did not do what the demo shows."""


def say(text: str) -> None:
    told = textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    print(f"\n{told}", flush=True)


class Demo:
    """One run: ``folder`` holds the connection, the guest's document and its console."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uri = f"qemu:///embed?root={folder}"
        self.log = folder / "console.log"
        self._environment = {**os.environ, "VIRSHPY_DEFAULT_URI": self.uri}

    def show(self, *words: str) -> None:
        """Prints the command as one would type it, runs it, and lets its output through."""
        print(f"$ virshpy {shlex.join(words)}", flush=True)
        done = subprocess.run([*VIRSHPY, *words], stdin=subprocess.DEVNULL, env=self._environment)
        if done.returncode:
            raise DemoError(f"virshpy {shlex.join(words)}: exit status {done.returncode}")

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*VIRSHPY, *words], stdin=subprocess.DEVNULL, env=self._environment, capture_output=True, text=True
        )

    def run(self, guest: Guest) -> None:
        say("a connection of its own: your guests are left alone. To look from elsewhere:")
        print(f"$ export VIRSHPY_DEFAULT_URI='{self.uri}'", flush=True)
        say("its description is libvirt's XML; defining keeps it, starting runs it")
        self.show("define", self.write_document(guest))
        self.start()
        say("no daemon is running; each of these commands finds the guest by itself")
        self.show("list")
        self.show("dominfo", NAME)
        if sys.stdin.isatty() and sys.stdout.isatty():
            self.prompt()
        else:
            say("stopping it, and removing it")
            self.show("destroy", NAME)
            self.show("undefine", NAME)
            self.show("list", "--all")

    def write_document(self, guest: Guest) -> str:
        path = self.folder / "demo.xml"
        parts = {
            "name": NAME, "kernel": guest.kernel, "initrd": guest.initrd, "log": self.log, "cmdline": guest.cmdline()
        }  # fmt: skip
        path.write_text(DOMAIN.format(**{key: escape(str(value)) for key, value in parts.items()}))
        return str(path)

    def start(self) -> None:
        begin = time.monotonic()
        self.show("start", NAME)
        started = time.monotonic()
        line = self.wait_booted()
        booted = time.monotonic()
        say(f"started in {started - begin:.2f} s, booted {booted - started:.1f} s later; its console says:")
        print(line, flush=True)

    def wait_booted(self) -> str:
        """The line that the guest's own init printed on its serial port."""
        until = time.monotonic() + BOOT_SECONDS
        text = ""
        while time.monotonic() < until:
            text = self.log.read_text(errors="replace") if self.log.exists() else ""
            for line in text.splitlines():
                if line.startswith(READY):
                    return line
            if gone := self.gone():
                raise DemoError(f"the guest ended before it had booted: {gone}; its console: {text[-1000:]!r}")
            time.sleep(0.2)
        raise DemoError(f"the guest did not boot within {BOOT_SECONDS} s; the end of its console: {text[-1000:]!r}")

    def gone(self) -> str | None:
        """How the guest ended, in virshpy's words; None while it is there."""
        done = self.ask("domstate", NAME, "--reason")
        words = done.stdout.strip()
        if done.returncode:
            return "it was undefined"
        return words if words.startswith("shut off") else None

    def prompt(self) -> None:
        """virshpy's prompt. What has become of the guest is told before it and after it."""
        if gone := self.gone():
            say(f"the guest has gone meanwhile ({gone}); `start {NAME}` starts it again, `quit` ends the demo")
        else:
            say(
                f"now you: try `console {NAME}` (Enter wakes its shell, Ctrl+] leaves it), `dumpxml {NAME}`, `help`;"
                " `quit` ends the demo"
            )
        with keys_are_the_prompts():
            subprocess.run(VIRSHPY, env=self._environment)
        if gone := self.gone():
            say(f"the guest had gone under the prompt ({gone}); removing what is left")
        else:
            say("stopping and removing the guest")

    def remove(self) -> None:
        """Stop every guest of the connection, whatever its user has started, and remove the folder."""
        for name in self.ask("-q", "list", "--name").stdout.split("\n"):
            done = self.ask("destroy", name) if name else None
            if done is not None and done.returncode:
                print(f"demo: '{name}' still runs, {self.folder} stays: {done.stderr.strip()}", file=sys.stderr)
                return
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def keys_are_the_prompts() -> Iterator[None]:
    """Ctrl+C goes to all programs of a terminal. Here it is meant for the prompt, and what that runs."""

    def pass_over(number: int, frame: FrameType | None) -> None:
        """A handler, not SIG_IGN: a program that is started inherits what is ignored."""

    before = signal.signal(signal.SIGINT, pass_over)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_by_signal(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def short_folder() -> Path:
    """A new folder with a short name, since a socket's path has at most 107 bytes."""
    usual = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="virshpy-demo.", dir=usual if len(usual) < 30 else "/tmp"))
    # The guest's QEMU, under a uid of its own, passes through here to its console log.
    folder.chmod(0o711)
    return folder


def main() -> int:
    # A terminal that goes away ends the demo the way Ctrl+C does, so that the guest is removed then, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    begin = time.monotonic()
    demo = Demo(short_folder())
    try:
        say("a guest of the distribution's own kernel and busybox, kept for the next time")
        guest = build()
        print(f"{guest.kernel}\n{guest.initrd}", flush=True)
        demo.run(guest)
    except (GuestError, DemoError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        # Nothing breaks off the way out.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        demo.remove()
    say(f"done in {time.monotonic() - begin:.1f} s; nothing is left of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
