"""The kernel's iSCSI sessions, and what open-iscsi's iscsiadm is told of them. Nothing is changed here."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from virshpy import errors
from virshpy.host import processes
from virshpy.host.disks import SYS, names, said
from virshpy.host.programs import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from virshpy.host.initiator import Portal

_ASKING = 20  # seconds for an answer of iscsiadm, which may have to start its daemon first
_LOGGED_IN = "LOGGED_IN"
# Exit statuses of iscsiadm: there is none; there is a session already.
NONE, THERE = 21, 15
# What records are kept in: distributions differ.
_RECORDS = ("/etc/iscsi/nodes", "/var/lib/iscsi/nodes")


class Session(NamedTuple):
    """One login: ``host`` is the number of the adapter that it is to the kernel."""

    number: int
    target: str
    initiator: str
    host: int
    portals: tuple[tuple[str, str], ...]
    state: str

    @property
    def is_up(self) -> bool:
        return self.state == _LOGGED_IN


def sessions() -> list[Session]:
    found = []
    for name in names("class/iscsi_session"):
        number = name.removeprefix("session")
        path = os.path.realpath(f"{SYS}/class/iscsi_session/{name}")
        host = re.search(r"/host(\d+)/session", path)
        if not number.isdecimal() or host is None:
            continue
        target, initiator, state = (
            said(f"class/iscsi_session/{name}/{what}") for what in ("targetname", "initiatorname", "state")
        )
        found.append(Session(int(number), target, initiator, int(host[1]), _portals(number), state))
    return found


def _portals(number: str) -> tuple[tuple[str, str], ...]:
    """(address, port) by which a session was asked for, and which it has reached."""
    folder = f"class/iscsi_connection/connection{number}:0"
    return tuple((said(f"{folder}/{kind}address"), said(f"{folder}/{kind}port")) for kind in ("persistent_", ""))


def session_with(portal: Portal, target: str, initiator: str | None) -> Session | None:
    """The session with a target by way of a portal, whoever has logged in; as this initiator, if one is named."""
    fitting = [one for one in sessions() if one.target == target and initiator in (None, one.initiator)]
    there = (portal.host, str(portal.port))
    exact = next((one for one in fitting if there in one.portals), None)
    if exact is not None or not fitting:
        return exact
    known = {(address, str(portal.port)) for address in _addresses(portal)}
    return next((one for one in fitting if known.intersection(one.portals)), None)


def _addresses(portal: Portal) -> set[str]:
    import socket

    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(portal.host, portal.port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()


# what iscsiadm is told
def portal_word(portal: Portal) -> str:
    """A portal in the first group, as that is the one of a target that has no others."""
    return f"{portal},1"


def node_words(portal: str, target: str, interface: str | None, *more: str) -> list[str]:
    words = ["--mode", "node", "--portal", portal, "--targetname", target, *more]
    return [*words, *(["--interface", interface] if interface else [])]


def interface_words(name: str, *more: str) -> list[str]:
    return ["--mode", "iface", "--interface", name, *more]


def discovery_words(portal: str, interface: str | None) -> list[str]:
    """What asks a portal for its targets, and keeps no record of them."""
    words = ["--mode", "discovery", "--type", "sendtargets", "--portal", portal, "--op", "nonpersistent"]
    return [*words, *(["--interface", interface] if interface else [])]


def run(words: Sequence[str], *, patience: float = _ASKING, fine: Sequence[int] = ()) -> processes.Completed:
    """Run iscsiadm. Exit statuses that are ``fine`` are no failure. Raises InternalError, OperationTimeout."""
    argv = [program("iscsiadm"), *words]
    done = processes.run(argv, timeout=patience, check=False, together=True)
    if done.returncode and done.returncode not in fine:
        answer = (done.stderr or done.stdout).strip()
        # Where it has tried something with its daemon, one of several lines is the reason.
        why = next((line for line in answer.splitlines() if "reported error" in line), answer)
        raise errors.InternalError(
            f"Child process ({' '.join(argv)}) unexpected exit status {done.returncode}: {why}", hint=_hint(answer)
        )
    return done


def _hint(words: str) -> str:
    return next((hint for part, hint in _HINTS.items() if part in words), "what iscsid says: journalctl -u iscsid")


_HINTS = {
    "authorization failure": "is it the right user and password? the password is the value of the secret",
    "iSCSI driver": "this kernel has none: modprobe iscsi_tcp; a pool of type iscsi-direct needs none",
    "could not find module": "this kernel has no iSCSI; a pool of type iscsi-direct needs none",
    "iSCSI daemon": "start it: systemctl start iscsid",
    "could not connect to iscsid": "start it: systemctl start iscsid",
    "non-retryable iSCSI login failure": "has the server such a target? see find-storage-pool-sources-as iscsi HOST",
}


# what it answers
def interfaces_in(text: str) -> dict[str, str]:
    """The initiator's name by the interface's, of ``--mode iface``; of those that have one of their own."""
    found = {}
    for line in text.splitlines():
        name, _, settings = line.partition(" ")
        initiator = settings.rpartition(",")[2].strip()
        if name and initiator and initiator != "<empty>":
            found[name] = initiator
    return found


def targets_in(text: str) -> list[str]:
    """The targets' names, of a discovery: ``address:port,group name``."""
    found = [line.split()[1] for line in text.splitlines() if len(line.split()) == 2 and "," in line.split()[0]]
    return list(dict.fromkeys(found))


def interface_of(initiator: str) -> str | None:
    """The interface that has an initiator's name, if there is one."""
    found = interfaces_in(run(["--mode", "iface"], fine=(NONE,)).stdout)
    return next((name for name, known in found.items() if known == initiator), None)


def record_file(portal: str, target: str, interface: str | None) -> str | None:
    """Where open-iscsi keeps what it knows of a target at a portal; None where it is not where it used to be."""
    address, _, rest = portal.rpartition(":")
    entry = f"{address.strip('[]')},{rest}"
    for folder in _RECORDS:
        path = f"{folder}/{target}/{entry}"
        for file in (f"{path}/{interface or 'default'}", path):
            if os.path.isfile(file):
                return file
    return None


def with_setting(record: str, name: str, value: str) -> str:
    """A record's text with a setting, instead of what it has said."""
    lines = [line for line in record.splitlines() if line.partition("=")[0].strip() != name]
    end = next((at for at, line in enumerate(lines) if line.startswith("# END")), len(lines))
    return "\n".join([*lines[:end], f"{name} = {value}", *lines[end:]]) + "\n"
