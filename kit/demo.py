"""`make demo`: a real guest, defined, started, listed and stopped through virshpy, in front of you.

Uses the default connection (the system's for root, the user's own for others). On a terminal it ends in virshpy's
prompt with the guest running; otherwise it stops the guest. Both ways the guest and all its files are gone at the end.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import escape

from kit.guest import READY, Guest, GuestError, build

NAME = "virshpy-demo"
BOOT_SECONDS = 90
VIRSHPY = (sys.executable, "-m", "virshpy")

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
    print(f"\n# {text}", flush=True)


def show(*words: str) -> None:
    """Prints the command as one would type it, runs it, and lets its output through."""
    print(f"$ virshpy {shlex.join(words)}", flush=True)
    done = subprocess.run([*VIRSHPY, *words], stdin=subprocess.DEVNULL)
    if done.returncode:
        raise DemoError(f"virshpy {shlex.join(words)}: exit status {done.returncode}")


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*VIRSHPY, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def wait_booted(log: Path) -> str:
    """The line that the guest's own init printed on its serial port."""
    until = time.monotonic() + BOOT_SECONDS
    text = ""
    while time.monotonic() < until:
        text = log.read_text(errors="replace") if log.exists() else ""
        for line in text.splitlines():
            if line.startswith(READY):
                return line
        if ask("domstate", NAME).stdout.strip() not in ("running", ""):
            break
        time.sleep(0.2)
    raise DemoError(f"the guest did not boot within {BOOT_SECONDS} s; the end of its console: {text[-1000:]!r}")


def remove() -> None:
    """Whatever state an earlier step left the guest in. Its log, which outlives a guest on purpose, goes too."""
    if ask("domstate", NAME).returncode == 0:
        ask("destroy", NAME)
        ask("undefine", NAME)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    logs = Path("/var/log" if os.geteuid() == 0 else state) / "virshpy"
    for path in logs.glob(f"{NAME}.log*"):
        path.unlink()


def run(guest: Guest, folder: Path) -> None:
    log = folder / "console.log"
    document = folder / "demo.xml"
    parts = {"name": NAME, "kernel": guest.kernel, "initrd": guest.initrd, "log": log, "cmdline": guest.cmdline()}
    document.write_text(DOMAIN.format(**{key: escape(str(value)) for key, value in parts.items()}))
    say("the guest's description is libvirt's XML; defining keeps it, and starting runs it")
    show("define", str(document))
    begin = time.monotonic()
    show("start", NAME)
    started = time.monotonic()
    line = wait_booted(log)
    booted = time.monotonic()
    say(f"started in {started - begin:.2f} s, booted {booted - started:.1f} s later; its console says:")
    print(line, flush=True)
    say("no daemon is running; each of these commands finds the guest by itself")
    show("list")
    show("dominfo", NAME)
    if sys.stdin.isatty() and sys.stdout.isatty():
        say(f"now you: try `console {NAME}` (Ctrl+] leaves it), `dumpxml {NAME}`, `help`; `quit` ends the demo")
        subprocess.run(VIRSHPY)
        say("stopping and removing the guest")
        remove()
    else:
        say("stopping it, and removing it")
        show("destroy", NAME)
        show("undefine", NAME)
        show("list", "--all")


def main() -> int:
    # A terminal that goes away ends the demo the way Ctrl+C does, so that the guest is removed then too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    begin = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="virshpy-demo."))
    # The guest's QEMU, under a uid of its own, passes through here to its console log.
    folder.chmod(0o711)
    try:
        say("a small guest of the distribution's own kernel and busybox (kept in the cache for the next time)")
        guest = build()
        print(f"{guest.kernel}\n{guest.initrd}", flush=True)
        remove()
        run(guest, folder)
    except (GuestError, DemoError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        remove()
        shutil.rmtree(folder, ignore_errors=True)
    say(f"done in {time.monotonic() - begin:.1f} s; nothing is left of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
