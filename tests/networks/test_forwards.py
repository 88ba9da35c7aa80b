"""Which ports of the host lead where, and which address a guest gets for that: pure rules."""

from __future__ import annotations

import pytest

from virshpy import errors
from virshpy.drivers.network.forwards import choose, rows
from virshpy.xml.domain.interface import ForwardRange, PortForward
from virshpy.xml.network import Network

MAC = "52:54:00:00:0e:01"


def network(dhcp: str, mode: str = "<forward mode='nat'/>") -> Network:
    ip = f"<ip address='10.9.8.1' prefix='24'>{dhcp}</ip>"
    return Network.parse(f"<network><name>n</name>{mode}<bridge name='b'/>{ip}</network>")


RANGE = "<dhcp><range start='10.9.8.253' end='10.9.8.254'/></dhcp>"
HOST = f"<dhcp><host mac='{MAC.upper()}' ip='10.9.8.7'/><range start='10.9.8.2' end='10.9.8.3'/></dhcp>"


def test_ranges() -> None:
    ports = [
        PortForward(proto="tcp", address="127.0.0.1", ranges=[ForwardRange(start=2022, to=22)]),
        PortForward(
            proto="udp", ranges=[ForwardRange(start=80, end=83, to=8080), ForwardRange(start=81, exclude=True)]
        ),
        PortForward(proto="tcp", ranges=[ForwardRange(start=443)]),
    ]
    assert rows(ports, "10.9.8.7") == [
        ("tcp", "127.0.0.1", 2022, "10.9.8.7", 22),
        ("udp", "0.0.0.0", 80, "10.9.8.7", 8080),
        ("udp", "0.0.0.0", 82, "10.9.8.7", 8082),
        ("udp", "0.0.0.0", 83, "10.9.8.7", 8083),
        ("tcp", "0.0.0.0", 443, "10.9.8.7", 443),
    ]


@pytest.mark.parametrize(
    ("dhcp", "own", "others", "chosen"),
    [
        (RANGE, [], [], "10.9.8.254"),
        (RANGE, [], ["10.9.8.254"], "10.9.8.253"),
        (RANGE, ["10.9.8.253"], [], "10.9.8.253"),
        (RANGE, ["10.9.8.253"], ["10.9.8.253"], "10.9.8.254"),
        (HOST, ["10.9.8.2"], ["10.9.8.7"], "10.9.8.7"),
    ],
)
def test_an_address(dhcp: str, own: list[str], others: list[str], chosen: str) -> None:
    assert choose(network(dhcp), MAC, own, set(others)) == chosen


def test_none_is_left() -> None:
    with pytest.raises(errors.OperationFailed, match="no address left"):
        choose(network(RANGE), MAC, [], {"10.9.8.253", "10.9.8.254"})


@pytest.mark.parametrize(("dhcp", "mode"), [("", "<forward mode='nat'/>"), (RANGE, "")])
def test_networks_without_what_it_takes(dhcp: str, mode: str) -> None:
    with pytest.raises(errors.ConfigUnsupported) as caught:
        choose(network(dhcp, mode), MAC, [], set())
    assert caught.value.hint
