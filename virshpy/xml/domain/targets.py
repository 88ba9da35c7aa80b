"""The names of disks in a guest, and the order of disks that follows from them, whatever the hypervisor."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain
    from virshpy.xml.domain.storage import Disk


def target_index(name: str) -> int:
    """The number of a target name: sda is 0, sdb 1, sdaa 26; -1 where it is no such name.

    It is counted as an int of C's: a very long name comes round to a smaller number, or to none.
    """
    for prefix in ("fd", "hd", "vd", "sd", "xvd", "ubd"):
        if name.startswith(prefix):
            letters = name[len(prefix) :].rstrip("0123456789")
            break
    else:
        return -1
    value = 0
    for letter in letters:
        if not "a" <= letter <= "z":
            return -1
        value = value * 26 + ord(letter) - ord("a") + 1
    value = (value - 1) & 0xFFFFFFFF
    return value if value < 2**31 else -1


def sort_disks(domain: Domain) -> None:
    """Disks of one bus, as far as the document names it, stand together in the order of their targets."""
    groups: dict[str | None, list[Disk]] = {}
    for disk in domain.devices.disks:
        groups.setdefault(disk.target.bus if disk.target else None, []).append(disk)
    for group in groups.values():
        group.sort(key=lambda disk: target_index(disk.target.dev or "") if disk.target else 0)
    domain.devices.disks = [disk for group in groups.values() for disk in group]
