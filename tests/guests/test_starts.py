"""What a start finds out or does for single devices: processors plugged late, vsock, SCSI units, volumes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests import needs
from tests.guests.documents import document
from tests.guests.living import nothing_left
from virshpy import errors
from virshpy import open as connect
from virshpy.enums import CreateFlags
from virshpy.host import scsi, vsock

VCPU = "<vcpu id='{}' enabled='{}' hotpluggable='{}'{}/>"


def with_vcpus(*rows: tuple[str, str, str]) -> str:
    """A document with one vCPU a row: enabled, hotpluggable, order (or "")."""
    states = "".join(
        VCPU.format(number, enabled, plug, f" order='{order}'" if order else "")
        for number, (enabled, plug, order) in enumerate(rows)
    )
    current = sum(enabled == "yes" for enabled, _, _ in rows)
    vcpus = f"<vcpu current='{current}'>{len(rows)}</vcpu><vcpus>{states}</vcpus>"
    return document("vm", memory=64).replace("<os>", f"{vcpus}<os>")


@needs.qemu
@pytest.mark.parametrize(
    ("given", "found"), [(["1", "3", "2"], "132"), (["", "", ""], "123")], ids=["as said", "by number"]
)
def test_processors_are_plugged_in_their_order(uri: str, root: Path, given: list[str], found: str) -> None:
    """0 is there from the beginning, 1 and 3 are plugged in, 2 and 4 could be."""
    off = ("no", "yes", "")
    text = with_vcpus(("yes", "no", given[0]), ("yes", "yes", given[1]), off, ("yes", "yes", given[2]), off)
    with connect(uri) as connection:
        domain = connection.create_xml(text, flags=CreateFlags.START_PAUSED)
        threads = re.findall(r"CPU #([0-9]+): thread_id=([0-9]+)", domain.qemu_monitor_command("info cpus", True))
        # A later thread has a higher number.
        plugged = "".join(number for number, thread in sorted(threads, key=lambda row: int(row[1])))
        assert plugged == "".join(number for _, number in sorted(zip(found, "013", strict=True)))
        states = re.findall(r"<vcpu id='([0-9])' enabled='yes' .* order='([0-9])'/>", domain.xml_desc())
        assert states == list(zip("013", found, strict=True))
        domain.destroy()
    assert nothing_left(root) == []


def test_a_scsi_unit_is_named_by_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scsi, "_DEVICES", str(tmp_path))
    (tmp_path / "2:0:1:5/scsi_generic/sg7").mkdir(parents=True)
    (tmp_path / "2:0:1:6/scsi_generic").mkdir(parents=True)
    assert scsi.generic_device("scsi_host2", 0, 1, 5) == "/dev/sg7"
    with pytest.raises(errors.InternalError, match="no generic device in"):
        scsi.generic_device("scsi_host2", 0, 1, 6)
    with pytest.raises(errors.SystemCallError, match="cannot open directory '.*/2:0:9:9/scsi_generic': No such file"):
        scsi.generic_device("scsi_host2", 0, 9, 9)
    with pytest.raises(errors.InternalError, match="Cannot parse adapter 'fish'"):
        scsi.generic_device("fish", 0, 0, 0)


@needs.qemu
def test_a_scsi_unit_that_is_not_there(uri: str, root: Path) -> None:
    source = "<source><adapter name='scsi_host99'/><address bus='0' target='0' unit='0'/></source>"
    text = document("vm", f"<hostdev mode='subsystem' type='scsi'>{source}</hostdev>")
    message = "cannot open directory '/sys/bus/scsi/devices/99:0:0:0/scsi_generic': No such file or directory"
    with connect(uri) as connection:
        for refused in (connection.create_xml, lambda xml: connection.domain_xml_to_native("qemu-argv", xml)):
            with pytest.raises(errors.SystemCallError) as caught:
                refused(text)
            assert str(caught.value) == message
    assert nothing_left(root) == []


@needs.qemu
def test_a_volume_needs_a_pool(uri: str, root: Path) -> None:
    text = document("vm", "<disk type='volume'><source pool='p' volume='v'/><target dev='vda' bus='virtio'/></disk>")
    with connect(uri) as connection, pytest.raises(errors.NoStoragePool) as caught:
        connection.create_xml(text)
    assert str(caught.value) == "Storage pool not found: no storage pool with matching name 'p'"
    assert nothing_left(root) == []


def test_the_lowest_free_address_on_virtual_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "vhost-vsock"
    device.touch()
    monkeypatch.setattr(vsock, "DEVICE", str(device))
    asked: list[int] = []

    def claim(fd: int, address: int) -> bool:
        asked.append(address)
        return address == 5

    monkeypatch.setattr(vsock, "_claim", claim)
    assert vsock.free_address() == 5
    assert asked == [3, 4, 5]


@needs.qemu
def test_a_guest_on_virtual_sockets(uri: str, root: Path) -> None:
    """It has an address that it can be told by, or a refusal says that the host has none to give."""
    with connect(uri) as connection:
        text = document("vm", "<vsock model='virtio'><cid auto='yes'/></vsock>")
        if os.path.exists(vsock.DEVICE):
            domain = connection.create_xml(text, flags=CreateFlags.START_PAUSED)
            assert re.search(r"<cid auto='yes' address='[0-9]+'/>", domain.xml_desc())
            domain.destroy()
        else:
            with pytest.raises(errors.ConfigUnsupported) as caught:
                connection.create_xml(text)
            assert str(caught.value) == "unsupported configuration: unable to open vhost-vsock device"
    assert nothing_left(root) == []
