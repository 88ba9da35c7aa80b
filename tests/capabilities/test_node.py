"""The host in figures: a made-up one, and the real one as far as its figures must agree with each other."""

from __future__ import annotations

import os

import pytest

from tests.capabilities.madeup import Host
from virshpy import errors
from virshpy.drivers.qemu.node import identity, memory, processors, suspend
from virshpy.drivers.qemu.node.kernel import number_list
from virshpy.enums import NodeAllocPagesFlags, NodeSuspendTarget
from virshpy.host.steps import Step

TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def test_the_real_host_adds_up() -> None:
    info = identity.node_info()
    assert info.cpus == len(processors.online_cpus())
    assert info.nodes * info.sockets * info.cores * info.threads >= info.cpus
    assert info.memory > 0
    assert 0 < memory.free_memory() <= info.memory * 1024 * 2
    assert identity.hostname()
    assert sum(memory.cells_free_memory(0, 1000)) > 0
    assert processors.cpu_stats(-1)["user"] >= processors.cpu_stats(processors.online_cpus()[0])["user"] > 0


def test_the_shape_of_a_host(host: Host) -> None:
    info = identity.node_info()
    assert (info.cpus, info.nodes, info.sockets, info.cores, info.threads) == (7, 2, 1, 2, 2)
    assert (info.memory, info.mhz) == (4194304, 2600)
    found = processors.cpu_map()
    assert (found.present, found.online) == (8, [0, 1, 2, 3, 4, 5, 6])


def test_a_host_without_cells(host: Host) -> None:
    host.write("/sys/devices/system/node/online", "")
    (cell,) = memory.cells()
    assert (cell.number, len(cell.cpus), cell.memory) == (0, 7, 4194304)
    assert memory.cells_free_memory(0, 1) == [3000000 * 1024]


@pytest.mark.parametrize(
    ("text", "numbers"), [("0-3,8", [0, 1, 2, 3, 8]), ("", []), (None, []), ("5", [5]), ("0,2-3", [0, 2, 3])]
)
def test_the_kernels_lists(text: str | None, numbers: list[int]) -> None:
    assert number_list(text) == numbers


def test_what_processors_have_done(host: Host) -> None:
    ticks = {"kernel": 43, "user": 120, "idle": 4000, "iowait": 50}
    assert processors.cpu_stats(-1) == {kind: count * TICK for kind, count in ticks.items()}
    assert processors.cpu_stats(0)["user"] == 70 * TICK
    with pytest.raises(errors.InvalidArg, match="Invalid cpuNum in virHostCPUGetStatsLinux"):
        processors.cpu_stats(7)


def test_memory(host: Host) -> None:
    assert memory.memory_stats(-1) == {"total": 4194304, "free": 3000000, "buffers": 1000, "cached": 2000}
    assert memory.memory_stats(1) == {"total": 2097152, "free": 1800000}
    with pytest.raises(errors.InvalidArg, match="must be less than or equal to 1"):
        memory.memory_stats(2)
    assert memory.cells_free_memory(1, 5) == [1800000 * 1024]
    with pytest.raises(errors.InternalError, match=r"start cell 2 out of range \(0-1\)"):
        memory.cells_free_memory(2, 1)


def test_free_pages(host: Host) -> None:
    small = os.sysconf("SC_PAGE_SIZE") // 1024
    assert memory.free_pages([small, 2048], 0, 9) == {
        0: {small: 1200000 // small, 2048: 15},
        1: {small: 1800000 // small, 2048: 15},
    }
    assert memory.free_pages([2048], -1, 1) == {-1: {2048: 30}}
    with pytest.raises(errors.OperationFailed, match="page size 64 is not available on node 1") as caught:
        memory.free_pages([64], 1, 1)
    assert "2048 KiB" in (caught.value.hint or "")


def carry_out(step: Step) -> None:
    step.do(lambda: None)


def test_huge_pages_are_set_and_added(host: Host) -> None:
    cell = "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"
    assert memory.allocate_pages({2048: 5}, 0, 2, NodeAllocPagesFlags.SET, carry_out) == 2
    assert host.read(cell).startswith("5")
    host.write(cell, "16\n")
    assert memory.allocate_pages({2048: 4}, 1, 1, NodeAllocPagesFlags.ADD, carry_out) == 1
    assert host.read(cell).startswith("20")


def test_huge_pages_that_cannot_be(host: Host) -> None:
    with pytest.raises(errors.OperationUnsupported, match="system pages pool can't be modified"):
        memory.allocate_pages({os.sysconf("SC_PAGE_SIZE") // 1024: 1}, -1, 1, 0, carry_out)
    with pytest.raises(errors.OperationFailed, match="page size 64 is not available"):
        memory.allocate_pages({64: 1}, -1, 1, 0, carry_out)


def test_merging_of_pages(host: Host) -> None:
    found = memory.merging()
    assert found["shm_pages_to_scan"] == 100 and found["shm_merge_across_nodes"] == 1
    assert "shm_pages_volatile" not in found, "this kernel has no such file"
    memory.set_merging({"shm_pages_to_scan": 250}, carry_out)
    assert host.read("/sys/kernel/mm/ksm/pages_to_scan").startswith("250")
    with pytest.raises(errors.InvalidArg):
        memory.set_merging({"shm_sleep_millisecs": 5, "shm_full_scans": 1}, carry_out)
    assert host.read("/sys/kernel/mm/ksm/sleep_millisecs").startswith("20"), "all or nothing"


def test_where_huge_pages_are_mounted(host: Host) -> None:
    host.write(
        "/proc/mounts",
        "proc /proc proc rw 0 0\n"
        "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n"
        "none /srv/large\\040pages hugetlbfs rw,pagesize=1024M,mode=700 0 0\n",
    )
    assert memory.huge_page_mount(2048) == "/dev/hugepages"
    assert memory.huge_page_mount(1048576) == "/srv/large pages"
    with pytest.raises(errors.InternalError, match="hugetlbfs filesystem is not mounted") as caught:
        memory.huge_page_mount(16)
    assert "pagesize=16K" in (caught.value.hint or "")


def test_caches(host: Host) -> None:
    assert [(b.id, b.size, b.cpus) for b in processors.cache_banks()] == [
        (0, 20480, [0, 1, 2, 3]),
        (1, 1536, [4, 5, 6, 7]),
    ]


def test_firmware(host: Host) -> None:
    with pytest.raises(errors.ConfigUnsupported, match="Host SMBIOS information is not available"):
        identity.sysinfo_xml()
    host.write("/sys/class/dmi/id/sys_vendor", "A & B\n")
    host.write("/sys/class/dmi/id/chassis_serial", "7\n")
    host.write("/sys/class/dmi/id/product_uuid", "3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6a01\n")
    assert identity.sysinfo_xml() == (
        "<sysinfo type='smbios'>\n"
        "  <system>\n"
        "    <entry name='manufacturer'>A &amp; B</entry>\n"
        "    <entry name='uuid'>3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6a01</entry>\n"
        "  </system>\n"
        "  <chassis>\n"
        "    <entry name='serial'>7</entry>\n"
        "  </chassis>\n"
        "</sysinfo>\n"
    )
    assert identity.host_uuid() == "3f0e4c0e-61d5-4f0f-9a3e-0c2f5f1d6a01"


def test_a_host_that_cannot_sleep(host: Host) -> None:
    with pytest.raises(errors.ArgumentUnsupported, match="Suspend-to-RAM") as caught:
        suspend.suspend(NodeSuspendTarget.MEM, 60, carry_out)
    assert "/sys/power/state" in (caught.value.hint or "")
    with pytest.raises(errors.InvalidArg):
        suspend.suspend(9, 60, carry_out)


def test_how_a_host_sleeps(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspend, "_command", lambda target: ["true"])
    host.write("/sys/power/state", "freeze mem\n")
    assert suspend.targets() == [NodeSuspendTarget.MEM]
    host.write("/sys/power/state", "freeze mem disk\n")
    assert suspend.targets() == list(NodeSuspendTarget)
    with pytest.raises(errors.InvalidArg, match="Suspend duration is too short"):
        suspend.suspend(NodeSuspendTarget.MEM, 59, carry_out)
