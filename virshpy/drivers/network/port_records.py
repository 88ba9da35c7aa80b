"""What is on record about the ports of networks: who is plugged in, with which link, and what he has of the network."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.driver.network import NetworkPortRef
    from virshpy.drivers.network.records import NetworkRow
    from virshpy.host.store import Store
    from virshpy.xml.network import Network
    from virshpy.xml.port import NetworkPort

# A port goes with the journal of the guest that it was made for; ``device`` is the link that is plugged in there,
# ``plug`` what it takes of the network's pool, ``floor`` what it has at least, in ``class`` of the bridge's queue.
PORTS = """
CREATE TABLE run.network_port (
    uuid TEXT NOT NULL, network TEXT NOT NULL, journal TEXT REFERENCES journal(id) ON DELETE CASCADE, device TEXT,
    plug TEXT, floor INTEGER NOT NULL DEFAULT 0, class INTEGER, xml TEXT NOT NULL,
    PRIMARY KEY (network, uuid)) WITHOUT ROWID
"""
# The address that a guest is always given on its port, where ports of the host lead to it.
ADDRESSES = "ALTER TABLE run.network_port ADD COLUMN address TEXT"
_TAKEN = """
SELECT plug, count(*) AS number, sum(floor) AS floors FROM run.network_port WHERE network = ? GROUP BY plug
"""


class PortRecords:
    """The ports of a site's networks, each by the UUIDs of both."""

    store: Store

    def plugged(self, uuid: str) -> list[tuple[str, bool]]:
        """(link, isolated) of each that is plugged into a network's bridge, for its ports."""
        from virshpy.xml.port import NetworkPort

        query = "SELECT device, xml FROM run.network_port WHERE network = ? AND device IS NOT NULL ORDER BY device"
        found = [(row[0], NetworkPort.parse(row[1]).port) for row in self.store.all(query, uuid)]
        return [(device, bool(options is not None and options.isolated)) for device, options in found]

    def ports(self, uuid: str) -> list[str]:
        """The UUIDs of a network's ports."""
        return [row[0] for row in self.store.all("SELECT uuid FROM run.network_port WHERE network = ?", uuid)]

    def port(self, ref: NetworkPortRef) -> Any:
        """The row of a port. Raises NoNetworkPort."""
        query = "SELECT * FROM run.network_port WHERE network = ? AND uuid = ?"
        row = self.store.one(query, ref.network.uuid, ref.uuid)
        if row is None:
            raise errors.NoNetworkPort(f"Network port with UUID {ref.uuid} does not exist")
        return row

    def plug_in(self, network: Network, port: NetworkPort, journal: str | None) -> None:
        """Make a port of an active network, by its live document, in the transaction of whoever wants it: two never get
        the same link.

        Raises what ports.allocate raises, and NetworkPortExist.
        """
        from virshpy.drivers.network import ports

        uuid = str(network.uuid)
        if self.store.one("SELECT 1 FROM run.network_port WHERE network = ? AND uuid = ?", uuid, port.uuid):
            raise errors.NetworkPortExist(f"Network port with UUID {port.uuid} already exists")
        found = self.store.all(_TAKEN, uuid)
        used = {one["plug"]: one["number"] for one in found if one["plug"] is not None}
        ports.allocate(network, port, used, sum(one["floors"] for one in found))
        inbound = port.bandwidth.inbound if port.bandwidth is not None else None
        floor = (inbound.floor if inbound is not None else None) or 0
        if floor:
            assert port.bandwidth is not None
            taken = {one[0] for one in self.store.all("SELECT class FROM run.network_port WHERE network = ?", uuid)}
            port.bandwidth.classID = next(n for n in range(ports.FIRST_CLASS, 1 << 15) if n not in taken)
        self.store.execute(
            "INSERT INTO run.network_port VALUES (?, ?, ?, NULL, ?, ?, ?, ?, NULL)",
            port.uuid, uuid, journal, ports.plug_name(port.plug), floor,
            port.bandwidth and port.bandwidth.classID, port.format(),
        )  # fmt: skip

    def name_device(self, network: str, uuid: str, device: str) -> None:
        """Put down which link is plugged into a port."""
        query = "UPDATE run.network_port SET device = ? WHERE network = ? AND uuid = ?"
        self.store.execute(query, device, network, uuid)

    def reserved(self, uuid: str) -> list[tuple[str, str]]:
        """(MAC address, IP address) of each guest that is always given the same address on its port."""
        from virshpy.xml.port import NetworkPort

        query = "SELECT xml, address FROM run.network_port WHERE network = ? AND address IS NOT NULL ORDER BY address"
        found = [(NetworkPort.parse(row[0]).mac, row[1]) for row in self.store.all(query, uuid)]
        return [(str(mac.address), address) for mac, address in found if mac is not None]

    def address(self, network: str, uuid: str) -> str:
        """The address of a port that has one."""
        row = self.store.one("SELECT address FROM run.network_port WHERE network = ? AND uuid = ?", network, uuid)
        return str(row[0])

    def reserve(self, network: str, uuid: str, address: str) -> None:
        """Put down the address of a port."""
        query = "UPDATE run.network_port SET address = ? WHERE network = ? AND uuid = ?"
        self.store.execute(query, address, network, uuid)

    def guests_on(self, uuid: str) -> list[str]:
        """The names of the guests that have ports of a network."""
        from virshpy.xml.port import NetworkPort

        query = "SELECT xml FROM run.network_port WHERE network = ? AND journal IS NOT NULL"
        owners = [NetworkPort.parse(row[0]).owner for row in self.store.all(query, uuid)]
        return sorted({str(owner.name) for owner in owners if owner is not None})

    def unplug(self, network: str, uuid: str) -> None:
        self.store.execute("DELETE FROM run.network_port WHERE network = ? AND uuid = ?", network, uuid)

    def unplug_others(self, network: str) -> None:
        """Remove the ports that are no guest's: those of guests come back with the network."""
        self.store.execute("DELETE FROM run.network_port WHERE network = ? AND journal IS NULL", network)

    def count_connections(self, row: NetworkRow, document: Network) -> None:
        """Say in a live document how many ports the network has, and each link of its pool."""
        used = {one["plug"]: one["number"] for one in self.store.all(_TAKEN, row.uuid)}
        document.connections = sum(used.values()) or None
        forward = document.forward
        for device in (*forward.pfs, *forward.interfaces) if forward is not None else ():
            device.connections = used.get(device.dev)
        for address in forward.addresses if forward is not None else ():
            address.connections = used.get(str(address))
