"""Firmware images: ROM files, and flash with its variable store."""

from __future__ import annotations

from virshpy.drivers.qemu.argv.blockdev import Layer, add_layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.argv.guest import Guest

_FLASH = ("libvirt-pflash0", "libvirt-pflash1")


def _is_flash(guest: Guest) -> bool:
    loader = guest.domain.os.loader if guest.domain.os else None
    return loader is not None and loader.type == "pflash"


def add_flash(guest: Guest) -> None:
    """Block nodes for the loader and its variable store."""
    domain_os = guest.domain.os
    if domain_os is None or not _is_flash(guest):
        return
    loader, nvram = domain_os.loader, domain_os.nvram
    assert loader is not None
    if loader.value:
        readonly = bool(loader.readonly)
        guest.out.file(loader.value, "r" if readonly else "rw", "firmware", shared=True)
        add_layer(guest, Layer.of_file(loader.value, _FLASH[0], readonly=readonly))
    if nvram is not None and nvram.named:
        layer = Layer.of_file(nvram.value or "", _FLASH[1])
        if nvram.source is not None:
            layer = Layer(nvram.type or "file", nvram.source, _FLASH[1])
        if nvram.path:
            guest.out.file(nvram.path, "rw", "nvram")
        add_layer(guest, layer)


def flash_words(guest: Guest) -> list[str]:
    domain_os = guest.domain.os
    if domain_os is None or not _is_flash(guest):
        return []
    words = []
    if domain_os.loader is not None and domain_os.loader.value:
        words.append(f"pflash0={_FLASH[0]}-format")
    if domain_os.nvram is not None and domain_os.nvram.named:
        words.append(f"pflash1={_FLASH[1]}-format")
    return words


def add_loader(guest: Guest) -> None:
    loader = guest.domain.os.loader if guest.domain.os else None
    if loader is None:
        return
    if loader.type == "rom" and loader.value:
        guest.out.file(loader.value, "r", "firmware", shared=True)
        guest.add("-bios", loader.value)
    if loader.type == "pflash" and loader.secure:
        guest.add("-global", "driver=cfi.pflash01,property=secure,value=on")
