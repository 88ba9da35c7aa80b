"""What a lab has of its own, as a folder that its init lays over the host's files: who may log in, what starts at boot.

The host's configuration of systemd is not seen in a lab. It starts as a fresh Debian would that has nothing enabled, so
that a failed unit is the test's and not the developer's.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from tests.lab.parts import Parts

CHECKOUT = Path(__file__).resolve().parents[2]
AGENT = Path(__file__).with_name("agent.py")
PORT = "virshpy.lab"
USER = "lab"
UNITS = "usr/local/lib/systemd/system"  # before the packages' own, behind what an administrator says in /etc

# What outlasts a reboot beside /persist itself, with its mode: configuration, state and logs, homes.
KEPT = {
    "/etc/systemd": 0o755,
    "/etc/virshpy": 0o700,
    f"/home/{USER}": 0o750,
    "/var/cache/virshpy": 0o700,
    "/var/lib/systemd": 0o755,
    "/var/lib/virshpy": 0o711,
    "/var/log/virshpy": 0o700,
}

# Of the units that targets want by their packages' choice, those that a lab starts. Others are only left out of the
# boot, not masked: a test may start them.
BOOTED = {
    "dbus.service", "dbus.socket", "systemd-journald-dev-log.socket", "systemd-journald.service",
    "systemd-journald.socket", "systemd-logind.service", "systemd-user-sessions.service",
}  # fmt: skip

# Users and groups that the packages' scripts would have made.
SYSTEM_USERS = ("messagebus", "sshd", "_rpc", "statd")

TEXTS = {
    "etc/fstab": "",
    "etc/hostname": "lab\n",
    "etc/hosts": "127.0.0.1 localhost lab\n::1 localhost\n",
    # With none, or an empty one, systemd would take the boot for the first and enable what the host has.
    "etc/machine-id": "1ab1ab1ab1ab1ab1ab1ab1ab1ab1ab1a\n",
    "etc/pam.d/sshd": """\
auth     required pam_deny.so
account  required pam_permit.so
session  required pam_loginuid.so
session  required pam_systemd.so
""",
    "etc/ssh/sshd_config": """\
ListenAddress 127.0.0.1
HostKey /etc/ssh/lab_host_key
AuthorizedKeysFile /etc/ssh/lab_key.pub
KexAlgorithms curve25519-sha256
UsePAM yes
PrintMotd no
PrintLastLog no
""",
    # Those of the host's root may set up anything, and take seconds for it. That they have a folder here also lets the
    # ordinary user pass through root's home, where the checkout or its interpreter may lie.
    "root/.bash_profile": "",
    "root/.bashrc": "",
    f"{UNITS}/ssh.service": """\
[Unit]
Description=Logins from within the lab
[Service]
Type=notify
RuntimeDirectory=sshd
ExecStartPre=/bin/sh -ec 'for key in host_key key; do \
  [ -e /etc/ssh/lab_$$key ] || ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/lab_$$key; done'
ExecStart=/usr/sbin/sshd -D
KillMode=process
""",
    # Up before anything that may go wrong, to tell of it. What its commands leave behind is not its own to end.
    f"{UNITS}/lab-agent.service": f"""\
[Unit]
Description=Commands from the tests
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target
[Service]
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
ExecStart={sys.executable} -I -S {AGENT} {PORT}
StandardError=journal+console
KillMode=process
""",
}


def lay_out(
    root: Path, parts: Parts, units: Mapping[str, str], files: Mapping[str, str], kept: Collection[str] = ()
) -> None:
    """Write a lab's own folder. ``units`` are enabled as their WantedBy= says; ``files`` have absolute paths.

    ``kept``: folders beside those of KEPT. Files in them are there at the first boot, and later are as they were left.
    """
    own = root / "files"
    places = {**KEPT, **dict.fromkeys(kept, 0o755)}
    for path, text in {**TEXTS, **accounts(), **command()}.items():
        write(own, path, text)
    for path, text in files.items():
        write(root / "persist" if any(path.startswith(f"{place}/") for place in places) else own, path, text)
    link(own, f"{UNITS}/sysinit.target.wants/lab-agent.service", f"/{UNITS}/lab-agent.service")
    for want in sorted(_not_booted(parts.root)):
        link(own, f"{UNITS}/{want}", "/dev/null")
    for place, mode in places.items():
        folder(own, place)
        folder(root / "persist", place).chmod(mode)
    folder(own, "persist")
    os.chown(root / f"persist/home/{USER}", user_id(), user_id())
    (root / "places").write_text("".join(f"{place}\n" for place in places))
    _configure(root / "persist", parts, units)


def _configure(kept: Path, parts: Parts, units: Mapping[str, str]) -> None:
    write(kept, "etc/systemd/journald.conf", "[Journal]\nStorage=volatile\n")
    for generator in _generators(parts.root):
        link(kept, f"etc/systemd/system-generators/{generator}", "/dev/null")
    for name, text in units.items():
        write(kept, f"etc/systemd/system/{name}", text)
        for wanting in " ".join(re.findall(r"^WantedBy=(.*)$", text, re.MULTILINE)).split():
            link(kept, f"etc/systemd/system/{wanting}.wants/{name}", f"/etc/systemd/system/{name}")


def write(root: Path, path: str, text: str) -> None:
    """A file, which can be run where it begins as a script does."""
    file = folder(root, os.path.dirname(path)) / os.path.basename(path)
    file.write_text(text)
    file.chmod(0o755 if text.startswith("#!") else 0o644)


def link(root: Path, path: str, target: str) -> None:
    (folder(root, os.path.dirname(path)) / os.path.basename(path)).symlink_to(target)


def folder(root: Path, path: str) -> Path:
    """A folder and those above it, whatever the umask: the mode of the uppermost layer is the one that holds."""
    for name in ("", *path.strip("/").split("/")):
        root = root / name
        if not root.is_dir():
            root.mkdir(parents=True)
            root.chmod(0o755)
    return root


def command() -> dict[str, str]:
    """`virshpy` as it would be installed, but of this checkout."""
    first, rest = (CHECKOUT / "bin/virshpy").read_text().split("\n", 1)
    assert first.startswith("#!")
    found = f"import sys\nsys.path.insert(0, {str(CHECKOUT)!r})\n"
    return {"usr/local/bin/virshpy": f"#!{sys.executable}\n{found}{rest}"}


def accounts() -> dict[str, str]:
    """The host's users and groups, with those of the packages and an ordinary user who may log in."""
    users, groups = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
    free = (number for number in range(999, 100, -1) if f":{number}:" not in users + groups)
    for name in SYSTEM_USERS:
        number = next(free)
        if not re.search(rf"^{name}:", groups, re.MULTILINE):
            groups += f"{name}:x:{number}:\n"
        if not re.search(rf"^{name}:", users, re.MULTILINE):
            users += f"{name}:*:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
    users += f"{USER}:*:{user_id()}:{user_id()}::/home/{USER}:/bin/bash\n"
    groups += f"{USER}:x:{user_id()}:\n"
    return {"etc/passwd": users, "etc/group": groups}


def user_id() -> int:
    taken = Path("/etc/passwd").read_text() + Path("/etc/group").read_text()
    return next(number for number in range(1000, 60000) if f":{number}:" not in taken)


def _not_booted(parts: Path) -> set[str]:
    """``TARGET.wants/UNIT`` of all that would start, but for what a lab wants."""
    wants = _found(parts, "systemd/system/*.target.wants/*")
    return {f"{path.parent.name}/{path.name}" for path in wants if path.name not in BOOTED}


def _generators(parts: Path) -> set[str]:
    """Programs that make units of the host's disks, terminals and init scripts."""
    return {path.name for path in _found(parts, "systemd/system-generators/*")}


def _found(parts: Path, pattern: str) -> Iterable[Path]:
    for root in (Path("/usr/lib"), Path("/lib"), parts / "usr/lib"):
        yield from root.glob(pattern)
