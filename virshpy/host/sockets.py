"""Who listens on UNIX sockets, and which TCP ports are free."""

from __future__ import annotations

from virshpy.host import untrusted


def is_heard(path: str) -> bool | None:
    """Whether somebody listens on a UNIX socket; False where there is none, None where another file is in its place."""
    import socket
    import stat

    try:
        with untrusted.look(path, links=True) as found, socket.socket(socket.AF_UNIX) as probe:
            if not stat.S_ISSOCK(found.status.st_mode):
                return None
            probe.setblocking(False)
            probe.connect(found.name)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    except OSError:
        return True  # it is busy, or it is not for us: somebody is there
    return True


def port_is_free(port: int, address: str = "0.0.0.0") -> bool:
    """Whether nothing listens on a TCP port of an address, by default of any of the host's IPv4 addresses.

    What is no address of this host, or a port that is not for us, is not taken: whoever binds it hears more.
    """
    import errno
    import socket

    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def refusal(proto: str, address: str, port: int) -> OSError | None:
    """Why the kernel would not let us listen at a port of an IPv4 address; None where it would. ``proto``: tcp, udp."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if proto == "udp" else socket.SOCK_STREAM) as probe:
        if proto == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
    return None


def becomes_free(port: int, address: str, patience: float) -> bool:
    """Whether a port is free within ``patience`` seconds: sockets that io_uring was watching outlive their process."""
    import time

    until = time.monotonic() + patience
    while not (free := port_is_free(port, address)) and time.monotonic() < until:
        time.sleep(0.01)
    return free


def holder_of_port(port: int) -> str | None:
    """The name of a process that has a UDP port of all addresses; None where nobody has, or it cannot be seen."""
    import os

    inodes = set()
    for path in ("/proc/net/udp", "/proc/net/udp6"):
        try:
            with open(path) as file:
                rows = [line.split() for line in file.read().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            address, _, number = row[1].partition(":")
            if int(number, 16) == port and not address.strip("0"):
                inodes.add(f"socket:[{row[9]}]")
    for pid in filter(str.isdigit, os.listdir("/proc") if inodes else ()):
        try:
            if any(os.readlink(f"/proc/{pid}/fd/{fd}") in inodes for fd in os.listdir(f"/proc/{pid}/fd")):
                with open(f"/proc/{pid}/comm") as file:
                    return file.read().strip()
        except OSError:
            continue  # it has ended, or is somebody else's
    return None
