"""VMware's format: a binary header with a descriptor behind it, or a descriptor that names files with the data."""

from __future__ import annotations

import re

from virshpy.drivers.storage.probe.header import LIMIT, Image, cluster, possible, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.storage.probe.header import Header

_SECTOR = 512
_DESCRIPTOR = 0x200  # where libvirt and QEMU look for it, whatever the header says
# Any number of comments and empty lines before the version, as far as QEMU looks for it.
_TEXT = re.compile(rb"# Disk DescriptorFile[ \t]*\r?\n(?:#[^\n]*\n| *\r?\n)*version=[123]\r?\n")
_LOOKED_AT = 512
_PARENT = re.compile(rb'parentFileNameHint="([^"]*)"')
_KIND = re.compile(rb'createType="([^"\n]{1,127})"')
_EXTENT = re.compile(
    rb'^[ \t]*RW[ \t]+(\d{1,19})[ \t]+(?:FLAT|SPARSE|SESPARSE|VMFS|VMFSSPARSE)[ \t]+"[^"\r\n]{1,511}"', re.MULTILINE
)


def vmdk(header: Header) -> Image:
    text = _until_nul(header.beginning[_DESCRIPTOR:])
    return Image(
        "vmdk",
        capacity=header.capacity(12, "little", _SECTOR),
        backing=_first(_PARENT, text),
        cluster_size=cluster(header.number(20, 8, "little") * _SECTOR),
        subformat=_first(_KIND, text),
    )


def descriptor(header: Header) -> Image | None:
    """None for a text that is no descriptor after all.

    What lies in other files is not looked at: the size is what the descriptor says that they have. To libvirt such a
    file is raw, and as large as the text.
    """
    if not _TEXT.match(header.beginning[:_LOOKED_AT]):
        return None
    text = _until_nul(header.beginning + header.take(len(header.beginning), LIMIT))
    extents = [int(sectors) for sectors in _EXTENT.findall(text)]
    return Image(
        "vmdk",
        capacity=possible(sum(extents) * _SECTOR) if extents else None,
        backing=_first(_PARENT, text),
        subformat=_first(_KIND, text),
    )


def _until_nul(text: bytes) -> bytes:
    return text.partition(b"\0")[0]


def _first(pattern: re.Pattern[bytes], text: bytes) -> str | None:
    found = pattern.search(text)
    return words(found[1]) if found else None
