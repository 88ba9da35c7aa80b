"""The TCP ports on which a guest's QEMU listens: found or reserved at its start, and put into its document."""

from __future__ import annotations

from virshpy import errors
from virshpy.host.sockets import becomes_free, port_is_free
from virshpy.xml.domain.display import Listen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.records import Domains
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.display import Graphics

_ADDRESS = "127.0.0.1"
_DISPLAYS, _WEBSOCKETS = 5900, 5700
_LINGERS = 1.0  # seconds that the kernel may take to close what a QEMU that has just ended listened on


def settle_ports(domains: Domains, domain: Domain, journal: str, directory: str) -> None:
    """Choose what the document leaves open, in it; a socket of a display goes into the guest's own ``directory``.

    Raises InternalError for a port that is taken.
    """
    ports = _Ports(domains, journal)
    served = [graphics for graphics in domain.devices.graphics if graphics.type in ("vnc", "spice")]
    chosen = [graphics for graphics in served if _settle_place(graphics, f"{directory}/{graphics.type}.sock")]
    # Those that the document names come first: what is chosen must be none of them.
    for graphics in chosen:
        for port in (graphics.tlsPort, graphics.websocket, None if graphics.autoport else graphics.port):
            if port is not None and port > 0:
                ports.reserve(port, graphics.listen or _ADDRESS, "leave port= out: a free one is found")
    for address, port in _tcp_servers(domain):
        ports.reserve(port, address, "name another one in <source service='…'/>")
    for graphics in chosen:
        if graphics.autoport:
            graphics.port = ports.free(graphics.type or "", _DISPLAYS)
        if graphics.websocket is not None and graphics.websocket < 0:
            graphics.websocket, graphics.websocketGenerated = ports.free("vnc-ws", _WEBSOCKETS), True


def _settle_place(graphics: Graphics, path: str) -> bool:
    """Where a display listens; True where that is at ports."""
    listen = graphics.listens[0] if graphics.listens else Listen(type="none")
    if listen.type == "socket":
        listen.socket = listen.socket or path
        if graphics.type == "vnc":
            graphics.socket = listen.socket
    elif listen.type in ("address", "network"):
        listen.address = listen.address or _ADDRESS
        graphics.listen = graphics.listen or listen.address
        return True
    return False


def _tcp_servers(domain: Domain) -> Iterator[tuple[str, int]]:
    """(address, port) of each serial port and its like that waits for connections."""
    # A console that is no virtio one is the first serial port, seen from another side.
    devices = domain.devices
    consoles = [console for console in devices.consoles if console.target and console.target.type == "virtio"]
    for device in (*devices.serials, *devices.parallels, *devices.channels, *consoles):
        for source in device.sources if device.type == "tcp" else ():
            if source.mode == "bind" and (source.service or "").isdecimal():
                yield source.host or "0.0.0.0", int(source.service or "")


class _Ports:
    """``journal`` is that of the start: the ports are its, until it ends."""

    def __init__(self, domains: Domains, journal: str) -> None:
        self.store = domains.store
        self.journal = journal

    def reserve(self, port: int, address: str, otherwise: str) -> None:
        row = self.store.one(
            "SELECT a.name, p.journal FROM run.port p JOIN run.active a USING (journal) WHERE p.port = ?", port
        )
        free = port_is_free(port, address) or (row is None and becomes_free(port, address, _LINGERS))
        if free and (row is None or row["journal"] != self.journal):
            self.store.execute("INSERT OR IGNORE INTO run.port VALUES (?, ?)", port, self.journal)
            return
        if row is None:
            holder = "another program listens there: ss -lntp shows which"
        else:
            own = row["journal"] == self.journal
            holder = "the document names it twice" if own else f"domain '{row['name']}' is running with it"
        raise errors.InternalError(f"Failed to reserve port {port}", hint=f"{holder}; {otherwise}")

    def free(self, name: str, first: int) -> int:
        """A port that nothing listens on and that no other start of ours is about to take."""
        taken = {row[0] for row in self.store.all("SELECT port FROM run.port")}
        for port in range(first, 65536):
            if port in taken or not port_is_free(port):
                continue
            if self.store.execute("INSERT OR IGNORE INTO run.port VALUES (?, ?)", port, self.journal):
                return port
        raise errors.InternalError(f"Unable to find an unused port in range '{name}' ({first}-65535)")
