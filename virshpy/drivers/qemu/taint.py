"""What makes a running guest something that libvirt would not vouch for (virDomainGetMessages), and why."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy.drivers.qemu.records import Domains
    from virshpy.xml.domain import Domain

# libvirt's keyword for the log -> its sentence for people.
REASONS = {
    "custom-argv": "custom configuration parameters specified",
    "custom-monitor": "custom monitor control commands issued",
    "shell-scripts": "network configuration using opaque shell scripts",
    "host-cpu": "potentially unsafe use of host CPU passthrough",
    "cdrom-passthrough": "use of host cdrom passthrough",
    "custom-dtb": "custom device tree blob used",
    "custom-device": "custom device configuration",
}


def of_document(domain: Domain) -> Iterator[str]:
    """The keywords that a guest's document earns it at start."""
    if domain.qemu_commandline and (domain.qemu_commandline.args or domain.qemu_commandline.envs):
        yield "custom-argv"
    if domain.qemu_override:
        yield "custom-device"
    if domain.cpu and domain.cpu.mode == "host-passthrough":
        yield "host-cpu"
    if domain.os and domain.os.dtb:
        yield "custom-dtb"
    if any(interface.script for interface in domain.devices.interfaces):
        yield "shell-scripts"
    if any(disk.type == "block" and disk.device == "cdrom" for disk in domain.devices.disks):
        yield "cdrom-passthrough"


def add(domains: Domains, uuid: str, keyword: str) -> None:
    """Put down that a running guest has earned a keyword; once is enough."""
    row = domains.store.one("SELECT taint FROM run.active WHERE uuid = ?", uuid)
    known = (row[0] or "").split()
    if keyword not in known:
        domains.store.execute("UPDATE run.active SET taint = ? WHERE uuid = ?", " ".join([*known, keyword]), uuid)


def messages(text: str | None) -> list[str]:
    """The recorded keywords as sentences."""
    return [f"tainted: {REASONS[keyword]}" for keyword in (text or "").split()]
