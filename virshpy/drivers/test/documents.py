"""Documents about the imaginary host."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.host import Cell

SYSINFO = """\
<sysinfo type='smbios'>
  <bios>
    <entry name='vendor'>LENOVO</entry>
    <entry name='version'>G4ETA1WW (2.61 )</entry>
    <entry name='date'>05/07/2014</entry>
    <entry name='release'>2.61</entry>
  </bios>
</sysinfo>
"""


def capabilities(cells: list[Cell]) -> str:
    """Two NUMA cells of eight processors, and two kinds of guest."""
    pages = "".join(f"      <pages unit='KiB' size='{size}'/>\n" for size in (4, 8, 2048, 1048576))
    topology = "".join(_cell(cell) for cell in cells)
    guests = "".join(
        f"  <guest>\n    <os_type>{kind}</os_type>\n    <arch name='i686'>\n      <wordsize>32</wordsize>\n"
        "      <emulator>/usr/bin/test-hv</emulator>\n      <domain type='test'/>\n    </arch>\n"
        "    <features>\n      <pae/>\n      <nonpae/>\n    </features>\n  </guest>\n\n"
        for kind in ("hvm", "xen")
    )
    return (
        "<capabilities>\n\n  <host>\n    <cpu>\n      <arch>i686</arch>\n      <features>\n        <pae/>\n"
        f"        <nonpae/>\n      </features>\n{pages}    </cpu>\n    <power_management/>\n    <iommu support='no'/>\n"
        f"    <topology>\n      <cells num='{len(cells)}'>\n{topology}      </cells>\n    </topology>\n"
        "    <secmodel>\n      <model>testSecurity</model>\n      <doi></doi>\n    </secmodel>\n  </host>\n\n"
        f"{guests}</capabilities>\n"
    )


def _cell(cell: Cell) -> str:
    number = cell.number
    cpus = "".join(
        f"            <cpu id='{cpu}' socket_id='{number}' die_id='0' core_id='{cpu % 8}' siblings='{cpu}'/>\n"
        for cpu in range(number * 8, number * 8 + 8)
    )
    pages = "".join(f"          <pages unit='KiB' size='{size}'>{count}</pages>\n" for size, count in cell.pages)
    return (
        f"        <cell id='{number}'>\n          <memory unit='KiB'>{cell.memory}</memory>\n{pages}"
        f"          <cpus num='8'>\n{cpus}          </cpus>\n        </cell>\n"
    )
