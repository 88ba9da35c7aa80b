"""<os>: what the guest boots, and from where; <sysinfo>: what its firmware tables say."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.domain.storage import StorageSource
from virshpy.xml.element import Element, attr, leaf, many, one, text
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import ALIAS, PATH, STR, UINT, YESNO, Blank, Enum, Int, Sentence, xml
from virshpy.xml.uuids import read_uuid

ARCHES = (
    "alpha armv6l armv7l armv7b aarch64 cris i686 ia64 lm32 loongarch64 m68k microblaze microblazeel mips mipsel "
    "mips64 mips64el openrisc parisc parisc64 ppc ppc64 ppc64le ppcemb riscv32 riscv64 s390 s390x sh4 sh4eb sparc "
    "sparc64 unicore32 x86_64 xtensa xtensaeb"
)
FIRMWARES = "bios efi"


class OSType(Element, tag="type"):
    """``value`` is the word (hvm)."""

    arch: str | None = attr(Enum(ARCHES, "Unknown architecture %s"))
    machine: str | None = attr(ALIAS)
    value: str | None = text(Enum("hvm xen linux exe uml xenpvh", "unknown OS type '%s'"))


class FirmwareFeature(Element, tag="feature"):
    enabled: bool | None = attr(YESNO, required=True)
    name: str | None = attr(Enum("enrolled-keys secure-boot"), required=True)


class Firmware(Element, tag="firmware", drop_empty=True):
    features: list[FirmwareFeature] = many(FirmwareFeature)

    def _check(self, node: Node) -> None:
        self.features.sort(key=lambda feature: feature.name or "")


class Loader(Element, tag="loader", drop_empty=True):
    """``value`` is the path."""

    readonly: bool | None = attr(YESNO)
    secure: bool | None = attr(YESNO)
    type: str | None = attr(Enum("rom pflash"))
    stateless: bool | None = attr(YESNO)
    value: str | None = text(PATH)


class NVRAM(Element, tag="nvram", drop_empty=True):
    """The variable store of UEFI: a path (``value``), or ``type`` and ``source``."""

    _kinds = {"": "template"}

    template: str | None = attr(PATH)
    type: str | None = attr(Enum("file block dir network volume nvme vhostuser"))
    value: str | None = text(PATH)
    source: StorageSource | None = one(StorageSource, "source")

    @property
    def path(self) -> str | None:
        """The store's file, however it is said; None for a store that is not a file, and for none."""
        return self.value or (self.source.file if self.source is not None else None)

    @property
    def named(self) -> bool:
        """Whether there is a store: an element may name no more than a template."""
        return self.value is not None or self.source is not None


class ACPITable(Element, tag="table"):
    type: str | None = attr()
    value: str | None = text()


class OSACPI(Element, tag="acpi", drop_empty=True):
    tables: list[ACPITable] = many(ACPITable)

    def _check(self, node: Node) -> None:
        if len(self.tables) > 1:
            raise Refusal(errors.XMLError, "Only one acpi table is supported", node)
        for table in self.tables:
            if table.type not in (None, "slic"):
                raise Refusal(errors.XMLError, f"Unknown acpi table type: {table.type}", node, "expected slic")


class BootDevice(Element, tag="boot"):
    dev: str | None = attr(Enum("fd cdrom hd network"), required=True)


class BootMenu(Element, tag="bootmenu", drop_empty=True):
    enable: bool | None = attr(YESNO)
    timeout: int | None = attr(UINT)

    def _check(self, node: Node) -> None:
        if self.timeout is not None and self.timeout > 65535:
            detail = "invalid value for boot menu timeout, must be in range [0,65535]"
            raise Refusal(errors.ConfigUnsupported, detail, node)
        if not self.enable:
            self.timeout = None


class BIOS(Element, tag="bios", drop_empty=True):
    useserial: bool | None = attr(YESNO)
    rebootTimeout: int | None = attr(
        Int(
            -1,
            65535,
            sentence=Sentence("invalid value for rebootTimeout, must be in range [-1,65535]", errors.ConfigUnsupported),
        )
    )


class SMBIOSMode(Element, tag="smbios"):
    mode: str | None = attr(Blank(Enum("none emulate host sysinfo", "unknown smbios mode '%s'")))


class InitEnv(Element, tag="initenv"):
    name: str | None = attr()
    value: str | None = text()


class OS(Element, tag="os"):
    _order = "type loader acpi boot bootmenu bios smbios"

    firmware: str | None = attr(Blank(Enum(FIRMWARES, xml("unknown firmware value %s"))))
    type: OSType | None = one(OSType)
    firmware_features: Firmware | None = one(Firmware, "firmware")
    init: str | None = leaf()
    initargs: list[str] = many(STR, "initarg")
    initenvs: list[InitEnv] = many(InitEnv)
    initdir: str | None = leaf(PATH)
    inituser: str | None = leaf()
    initgroup: str | None = leaf()
    loader: Loader | None = one(Loader)
    nvram: NVRAM | None = one(NVRAM)
    kernel: str | None = leaf(PATH)
    initrd: str | None = leaf(PATH)
    cmdline: str | None = leaf()
    dtb: str | None = leaf(PATH)
    root: str | None = leaf()
    acpi: OSACPI | None = one(OSACPI)
    boots: list[BootDevice] = many(BootDevice)
    bootmenu: BootMenu | None = one(BootMenu)
    bios: BIOS | None = one(BIOS)
    smbios: SMBIOSMode | None = one(SMBIOSMode)

    def _check(self, node: Node) -> None:
        """A container has an init, and other guests have none: libvirt does not read it there."""
        if self.type is not None and self.type.value != "exe":
            for name in ("init", "initargs", "initenvs", "initdir", "inituser", "initgroup"):
                self.__dict__.pop(name, None)


class SysinfoEntry(Element, tag="entry"):
    name: str | None = attr()
    file: str | None = attr()
    value: str | None = text()


class SysinfoBlock(Element):
    entries: list[SysinfoEntry] = many(SysinfoEntry)

    def _check(self, node: Node) -> None:
        self.entries = [entry for entry in self.entries if entry.value]

    def get(self, name: str) -> str | None:
        """The value of the entry of that name."""
        return next((entry.value for entry in self.entries if entry.name == name), None)


def _is_date(text: str) -> bool:
    """mm/dd/yy or mm/dd/yyyy."""
    parts = text.split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        return False
    month, day, year = map(int, parts)
    return 1 <= month <= 12 and 1 <= day <= 31 and (year < 100 or year >= 1900)


_ENTRIES = {
    "bios": ("vendor", "version", "date", "release"),
    "system": ("manufacturer", "product", "version", "serial", "uuid", "sku", "family"),
    "base_boards": ("manufacturer", "product", "version", "serial", "asset", "location"),
    "chassis": ("manufacturer", "version", "serial", "asset", "sku"),
}


class OEMStrings(Element, tag="oemStrings"):
    entries: list[str] = many(STR, "entry")


class Sysinfo(Element, tag="sysinfo"):
    _kinds = {"smbios": "type bios system baseBoard chassis oemStrings", "fwcfg": "type entry"}

    type: str | None = attr(Enum("smbios fwcfg"), required=True)
    bios: SysinfoBlock | None = one(SysinfoBlock, "bios")
    system: SysinfoBlock | None = one(SysinfoBlock, "system")
    base_boards: list[SysinfoBlock] = many(SysinfoBlock, "baseBoard")
    chassis: SysinfoBlock | None = one(SysinfoBlock, "chassis")
    oem_strings: OEMStrings | None = one(OEMStrings)
    entries: list[SysinfoEntry] = many(SysinfoEntry)

    def _check(self, node: Node) -> None:
        date = self.bios.get("date") if self.bios else None
        if date and not _is_date(date):
            raise Refusal(errors.XMLDetail, "Invalid BIOS 'date' format", node, f"expected mm/dd/yyyy, got '{date}'")
        self._check_blocks(node)
        if self.type == "fwcfg":
            for entry in self.entries:
                if not entry.name:
                    raise Refusal(errors.XMLError, "Firmware entry is missing 'name' attribute", node)
                if not entry.name.startswith("opt/"):
                    raise Refusal(errors.ConfigUnsupported, "Invalid firmware name", node, "expected name='opt/…'")
                if not entry.value and not entry.file:
                    raise Refusal(errors.XMLError, "Firmware entry must have either value or 'file' attribute", node)

    def _check_blocks(self, node: Node) -> None:
        """Only entries that firmware has are kept, in its order."""
        uuid = self.system.get("uuid") if self.system else None
        if uuid is not None and read_uuid(uuid) is None:
            raise Refusal(errors.XMLDetail, "malformed <sysinfo> uuid element", node, f"expected a UUID, got '{uuid}'")
        for name, words in _ENTRIES.items():
            block = getattr(self, name)
            for part in block if isinstance(block, list) else [block]:
                if part is not None:
                    named = {entry.name: entry for entry in part.entries}
                    part.entries = [named[word] for word in words if word in named]
        for name in ("bios", "system", "chassis"):
            block = getattr(self, name)
            if block is not None and not block.entries:
                self.__dict__.pop(name)
        self.base_boards = [board for board in self.base_boards if board.entries]
        if self.oem_strings is not None and not self.oem_strings.entries:
            self.oem_strings = None


_IDMAP = Int(sentence=xml("invalid idmap start/target/count settings"))


class IDRange(Element):
    start: int | None = attr(_IDMAP)
    target: int | None = attr(_IDMAP)
    count: int | None = attr(_IDMAP)

    def _check(self, node: Node) -> None:
        if None in (self.start, self.target, self.count):
            raise Refusal(errors.XMLError, "invalid idmap start/target/count settings", node)


class IDMap(Element, tag="idmap"):
    uids: list[IDRange] = many(IDRange, "uid")
    gids: list[IDRange] = many(IDRange, "gid")

    def _check(self, node: Node) -> None:
        for ranges in (self.uids, self.gids):
            if not ranges and (self.uids or self.gids):
                raise Refusal(errors.ConfigUnsupported, "uid and gid should be mapped both", node)
            ranges.sort(key=lambda row: row.start or 0)
            if ranges and ranges[0].start:
                raise Refusal(errors.ConfigUnsupported, "You must map the root user of container", node)
