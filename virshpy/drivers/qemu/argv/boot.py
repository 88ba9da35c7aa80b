"""Identity, clock, life cycle, and what is booted."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.drivers.qemu.argv.words import comma, pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.guest import Guest


def add_identity(guest: Guest) -> None:
    domain = guest.domain
    guest.add("-uuid", domain.uuid or "")
    if domain.genid:
        guest.device({"driver": "vmgenid", "guid": domain.genid, "id": "vmgenid0"})
    _smbios(guest)
    for info in domain.sysinfos:
        if info.type == "fwcfg":
            for entry in info.entries:
                what = f"file={comma(entry.file)}" if entry.file else f"string={comma(entry.value or '')}"
                guest.add("-fw_cfg", f"name={comma(entry.name or '')},{what}")
                if entry.file:
                    guest.out.file(entry.file, "r", "fw_cfg", shared=True)


_SYSTEM = ("manufacturer", "product", "version", "serial", "uuid", "sku", "family")
_BIOS = ("vendor", "version", "date", "release")
_BOARD = ("manufacturer", "product", "version", "serial", "asset", "location")
_CHASSIS = ("manufacturer", "version", "serial", "asset", "sku")


def _smbios(guest: Guest) -> None:
    domain = guest.domain
    mode = domain.os.smbios.mode if domain.os and domain.os.smbios else None
    if mode not in ("sysinfo", "host"):
        return
    infos = [info for info in domain.sysinfos if info.type == "smbios"]
    if mode == "host":
        infos = [guest.runtime.host_sysinfo()]
    elif not infos:
        raise errors.XMLError(
            f"Domain '{domain.name}' sysinfo are not available", hint="add <sysinfo type='smbios'>, or drop <smbios>"
        )
    for info in infos:
        for number, block, names in ((0, info.bios, _BIOS), (1, info.system, _SYSTEM)):
            if block is not None:
                _smbios_table(guest, number, block, names)
        if len(info.base_boards) > 1:
            raise errors.ConfigUnsupported(
                "qemu does not support more than one entry to Type 2 in SMBIOS table", hint="keep one <baseBoard>"
            )
        for board in info.base_boards:
            _smbios_table(guest, 2, board, _BOARD)
        if info.chassis is not None:
            _smbios_table(guest, 3, info.chassis, _CHASSIS)
        if info.oem_strings is not None:
            words = ["type=11", *(f"value={comma(text)}" for text in info.oem_strings.entries)]
            guest.add("-smbios", ",".join(words))


def _smbios_table(guest: Guest, number: int, block: object, names: tuple[str, ...]) -> None:
    words = {"type": number, **{name: block.get(name) for name in names}}  # type: ignore[attr-defined]
    guest.add("-smbios", ",".join(pairs(words)))


def add_monitor(guest: Guest) -> None:
    guest.add("-no-user-config", "-nodefaults", *guest.runtime.monitor_words)


def add_clock(guest: Guest) -> None:
    domain = guest.domain
    clock = domain.clock
    words = [f"base={_base(guest)}"]
    for timer in clock.timers if clock else []:
        if timer.name == "rtc":
            if timer.track is not None:
                words.append({"guest": "clock=vm", "wall": "clock=host", "realtime": "clock=rt"}.get(timer.track, ""))
            if timer.tickpolicy == "catchup":
                words.append("driftfix=slew")
    guest.add("-rtc", ",".join(word for word in words if word))
    for timer in clock.timers if clock else []:
        if timer.name == "pit" and timer.tickpolicy in (None, "delay", "discard"):
            if guest.caps.has_device("kvm-pit"):
                guest.add("-global", f"kvm-pit.lost_tick_policy={timer.tickpolicy or 'delay'}")
        elif timer.name == "hpet" and timer.present is False:
            guest.add("-no-hpet")


def _base(guest: Guest) -> str:
    clock = guest.domain.clock
    if clock is None or clock.offset == "utc":
        if clock is None or clock.adjustment in (None, "reset", "0"):
            return "utc"
        return _moment(time.time() + int(clock.adjustment))
    if clock.offset in ("localtime", "timezone"):
        if clock.adjustment in (None, "reset", "0") or clock.offset == "timezone":
            return "localtime"
        return _moment(time.time() + int(clock.adjustment), local=True)
    if clock.offset == "absolute":
        return _moment(float(clock.start or 0))
    seconds = int(clock.adjustment) if clock.adjustment not in (None, "reset") else 0
    if clock.basis == "localtime":
        return _moment(time.time() + seconds, local=True)
    return _moment(time.time() + seconds)


def _moment(seconds: float, *, local: bool = False) -> str:
    try:
        broken = time.localtime(seconds) if local else time.gmtime(seconds)
        return time.strftime("%Y-%m-%dT%H:%M:%S", broken)
    except (OverflowError, ValueError, OSError):
        raise errors.ConfigUnsupported(
            "the guest's clock would show a moment that no calendar has",
            hint="an adjustment is a number of seconds from now",
        ) from None


def add_lifecycle(guest: Guest) -> None:
    """What QEMU does at a shutdown or reset of the guest is decided at start; ACPI is part of the document."""
    guest.add(*guest.runtime.lifecycle_words)
    features = guest.domain.features
    if (features is None or not features.acpi) and guest.arch in ("x86_64", "i686"):
        guest.add("-no-acpi")


def add_power_management(guest: Guest) -> None:
    pm = guest.domain.pm
    if pm is None:
        return
    base = "ICH9-LPC" if guest.q35 else "PIIX4_PM"
    for name, target in (("disable_s3", pm.suspend_to_mem), ("disable_s4", pm.suspend_to_disk)):
        if target is not None and target.enabled is not None:
            guest.add("-global", f"{base}.{name}={0 if target.enabled else 1}")


def add_boot(guest: Guest) -> None:
    domain_os = guest.domain.os
    assert domain_os is not None
    menu = domain_os.bootmenu
    words = {
        "menu": menu.enable if menu else None,
        "splash-time": menu.timeout if menu and menu.enable else None,
        "reboot-timeout": domain_os.bios.rebootTimeout if domain_os.bios else None,
        "strict": True,
    }
    guest.add("-boot", ",".join(pairs(words)))
    for option, path, kind in (
        ("-kernel", domain_os.kernel, "kernel"), ("-initrd", domain_os.initrd, "initrd"),
    ):  # fmt: skip
        if path:
            guest.add(option, path)
            guest.out.file(path, "r", kind, shared=True)
    if domain_os.cmdline:
        guest.add("-append", domain_os.cmdline)
    if domain_os.dtb:
        guest.add("-dtb", domain_os.dtb)
        guest.out.file(domain_os.dtb, "r", "dtb", shared=True)
    for table in domain_os.acpi.tables if domain_os.acpi else []:
        guest.add("-acpitable", f"sig=SLIC,file={comma(table.value or '')}")
        guest.out.file(table.value or "", "r", "acpi", shared=True)


def add_root_words(guest: Guest) -> None:
    """What the PCI root of the chipset is told."""
    for controller in guest.domain.devices.controllers:
        if controller.type == "pci" and controller.model == "pci-root" and controller.index == 0 and guest.i440fx:
            hotplug = controller.target.hotplug if controller.target else None
            if hotplug is not None:
                guest.add("-global", f"PIIX4_PM.acpi-root-pci-hotplug={'on' if hotplug else 'off'}")
    for controller in guest.domain.devices.controllers:
        if controller.type == "pci" and controller.pcihole64 is not None and controller.index == 0:
            bridge = "q35-pcihost" if controller.model == "pcie-root" else "i440FX-pcihost"
            guest.add("-global", f"{bridge}.pci-hole64-size={controller.pcihole64}K")


def add_incoming(guest: Guest) -> None:
    if guest.runtime.incoming:
        guest.add("-incoming", guest.runtime.incoming)
