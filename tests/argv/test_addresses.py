"""Rules of addresses that whole guests do not show one by one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.argv.documents import complete, guest
from virshpy import errors
from virshpy.drivers.qemu.postparse.pci import connect
from virshpy.drivers.qemu.postparse.pci.buses import Bus, Buses, Place
from virshpy.xml.domain import Domain
from virshpy.xml.domain.targets import target_index


def at(device: Any) -> Any:
    """The address of a device, of whatever type the test knows it to be."""
    return device.address


def slots(domain: Domain) -> list[str]:
    return [str(disk.address) for disk in domain.devices.disks]


@pytest.mark.parametrize(
    ("name", "index"), [("sda", 0), ("vdz", 25), ("vdaa", 26), ("hdb", 1), ("xvdc", 2), ("sda1", 0), ("foo", -1)]
)
def test_target_names_are_numbers(name: str, index: int) -> None:
    assert target_index(name) == index


def test_a_full_pci_root_gets_a_bridge() -> None:
    cards = "<interface type='user'/>" * 33
    domain = complete(guest(cards))
    bridges = [c for c in domain.devices.controllers if c.model == "pci-bridge"]
    assert len(bridges) == 1
    assert [str(i.address)[5:7] for i in domain.devices.interfaces].count("01") > 0
    macs = {i.mac.address for i in domain.devices.interfaces if i.mac}
    assert len(macs) == 33


def test_eight_root_ports_share_a_slot() -> None:
    disks = "".join(f"<disk type='file'><source file='/{n}'/><target dev='vd{chr(97 + n)}'/></disk>" for n in range(10))
    domain = complete(guest(disks, machine="q35"))
    ports = [c for c in domain.devices.controllers if c.model == "pcie-root-port"]
    assert str(ports[7].address) == "0000:00:01.7"
    assert str(ports[8].address) == "0000:00:02.0"
    assert at(ports[0]).multifunction is True
    assert at(ports[1]).multifunction is None


def test_a_new_guest_on_pci_express_has_one_free_port() -> None:
    domain = complete(guest(machine="q35"))
    ports = {c.index for c in domain.devices.controllers if c.model == "pcie-root-port"}
    used = {at(c).bus for c in domain.devices.controllers if c.type == "usb"}
    assert domain.devices.memballoon is not None
    used.add(at(domain.devices.memballoon).bus)
    assert len(ports - used) == 1


def test_a_conventional_card_on_pci_express_gets_a_bridge_behind_a_port() -> None:
    domain = complete(guest("<interface type='user'><model type='rtl8139'/></interface>", machine="q35"))
    models = {c.index: c.model for c in domain.devices.controllers if c.type == "pci"}
    card = at(domain.devices.interfaces[0])
    assert models[card.bus] == "pcie-to-pci-bridge"
    bridge = next(c for c in domain.devices.controllers if c.index == card.bus and c.type == "pci")
    assert models[at(bridge).bus] == "pcie-root-port"


def test_an_address_of_zeros_is_none() -> None:
    domain = complete(
        guest("<disk type='file'><source file='/a'/><target dev='vda'/><address type='pci' slot='0'/></disk>")
    )
    assert slots(domain) != ["0000:00:00.0"]


def test_usb_devices_beyond_the_ports_get_a_hub() -> None:
    domain = complete(guest("<input type='tablet' bus='usb'/><input type='mouse' bus='usb'/>"
                            "<input type='keyboard' bus='usb'/>"))  # fmt: skip
    assert len(domain.devices.hubs) == 1
    ports = [at(device).port for device in domain.devices.inputs if device.bus == "usb"]
    assert len(set(ports)) == 3


def test_a_place_that_a_bus_does_not_have() -> None:
    buses = Buses(growing=False, pcie_to_pci=True)
    with pytest.raises(errors.XMLError, match="No PCI buses available"):
        buses.next(connect.PCI)
    buses.buses.append(Bus("pcie-root-port"))
    with pytest.raises(errors.XMLError, match="slot must be <= 0"):
        buses.reserve(Place(0, 1), connect.PCIE)
    with pytest.raises(errors.XMLError, match="Only PCI buses up to 0 are available"):
        buses.reserve(Place(3, 0), connect.PCIE)
    with pytest.raises(errors.InternalError, match="No more available PCI slots"):
        buses.next(connect.PCI)
    assert str(buses.next(connect.PCIE)) == "0000:00:00.0"
    with pytest.raises(errors.InternalError, match="No more available PCI slots"):
        buses.next(connect.PCIE)


def test_a_bus_without_hotplug_serves_devices_that_do_not_ask_for_it() -> None:
    buses = Buses(growing=False, pcie_to_pci=True)
    buses.buses.append(Bus("pcie-root-port", hotplug=False))
    with pytest.raises(errors.InternalError):
        buses.next(connect.PCIE | connect.HOTPLUG)
    buses.next(connect.PCIE)


def usb_ports(*parts: str) -> tuple[list[Any], list[Any]]:
    """Where tablets and hubs are, beside one controller of four ports."""
    devices = complete(guest("<controller type='usb' model='qemu-xhci'/>" + "".join(parts))).devices
    tablets = [device for device in devices.inputs if device.bus == "usb"]
    return [at(device).port for device in tablets], [at(hub).port for hub in devices.hubs]


TABLET = "<input type='tablet' bus='usb'/>"


def hub_at(port: str) -> str:
    return f"<hub type='usb'><address type='usb' bus='0' port='{port}'/></hub>"


@pytest.mark.parametrize(("tablets", "hubs"), [(4, 0), (5, 1), (10, 1), (11, 2), (17, 2), (18, 3), (32, 5)])
def test_hubs_are_added_with_a_port_to_spare(tablets: int, hubs: int) -> None:
    assert len(usb_ports(TABLET * tablets)[1]) == hubs


def test_ports_behind_a_hub_come_before_the_next_hubs() -> None:
    tablets, _ = usb_ports(hub_at("1"), hub_at("1.8"), hub_at("2"), TABLET * 11)
    assert tablets == ["3", "4", *(f"1.{n}" for n in range(1, 8)), "1.8.1", "1.8.2"]


def test_the_bus_of_an_expander_is_filled_before_a_bridge_is_added() -> None:
    expander = "<controller type='pci' index='1' model='pci-expander-bus'><target busNr='180'/></controller>"
    disk = "<disk type='file'><source file='/{0}'/><target dev='vd{0}' bus='virtio'/></disk>"
    names = [first + second for first in "ab" for second in "abcdefghijklmnopqrs"]
    domain = complete(guest(expander + "".join(map(disk.format, names))))
    assert {c.model for c in domain.devices.controllers if c.type == "pci"} == {"pci-root", "pci-expander-bus"}
    places = [at(disk) for disk in domain.devices.disks]
    assert [(place.bus, place.slot) for place in places if place.bus][:2] == [(1, 0), (1, 1)]
