"""The agent in the guest: Debian's own qemu-ga, asked through the channel of a guest that runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.agent import initrd_with_agent
from kit.guest import Guest
from tests import needs
from tests.conftest import Run, with_initrd
from tests.guests.documents import document, serial_to
from tests.guests.living import define, state, wait_for, wait_ready

pytestmark = needs.qemu
CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


@pytest.fixture
def agent_guest(guest: Guest, root: Path) -> Guest:
    return with_initrd(guest, initrd_with_agent, root / "initrd", "the guest agent")


def test_the_agent_restarts_the_guest_and_ends_it(virshpy: Run, root: Path, agent_guest: Guest) -> None:
    log = root / "serial.log"
    define(virshpy, root, document("vm", serial_to(log) + CHANNEL, guest=agent_guest, words=("guest=idle",)))
    virshpy("start", "vm")
    wait_ready(log)
    virshpy("reboot", "vm", "--mode", "agent")
    wait_ready(log, times=2)
    assert state(virshpy, "vm") == "running (booted)"
    virshpy("shutdown", "vm", "--mode", "agent")
    wait_for(lambda: state(virshpy, "vm") == "shut off (shutdown)", "the shutdown")
    assert "POWER-BUTTON" not in log.read_text()


def test_the_agent_tells_the_guests_addresses(virshpy: Run, root: Path, agent_guest: Guest) -> None:
    nic = "<interface type='user'><mac address='52:54:00:12:34:56'/><model type='virtio'/></interface>"
    log = root / "serial.log"
    define(virshpy, root, document("vm", serial_to(log) + CHANNEL + nic, guest=agent_guest, words=("guest=idle",)))
    virshpy("start", "vm")
    wait_ready(log)
    told = json.loads(virshpy("-o", "json", "domifaddr", "vm", "--source", "agent").stdout)["result"]["interfaces"]
    assert {one["name"]: one["mac"] for one in told} == {"lo": "00:00:00:00:00:00", "eth0": "52:54:00:12:34:56"}
    (loop,) = (one["addresses"] for one in told if one["name"] == "lo")
    assert {"protocol": "ipv4", "address": "127.0.0.1", "prefix": 8} in loop
    # Addresses that are of no use to others are none to reach the guest by.
    listed = virshpy("-o", "json", "list", "--fields", "name,ip,mac").stdout
    assert json.loads(listed)["result"]["domains"] == [{"name": "vm", "ip": [], "mac": "52:54:00:12:34:56"}]
    virshpy("destroy", "vm")


def test_without_a_mode_the_agent_comes_first(virshpy: Run, root: Path, agent_guest: Guest) -> None:
    log = root / "serial.log"
    define(virshpy, root, document("vm", serial_to(log) + CHANNEL, guest=agent_guest, words=("guest=idle",)))
    virshpy("start", "vm")
    wait_ready(log)
    virshpy("shutdown", "vm")
    wait_for(lambda: state(virshpy, "vm") == "shut off (shutdown)", "the shutdown")
    assert "POWER-BUTTON" not in log.read_text()
