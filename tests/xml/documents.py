"""The documents that the tests of this area share."""

from __future__ import annotations

from pathlib import Path

from virshpy.xml.backup import Backup
from virshpy.xml.credentials import Auth, Encryption
from virshpy.xml.domain import Domain
from virshpy.xml.element import Element
from virshpy.xml.interface import Interface
from virshpy.xml.moment import Checkpoint, Snapshot
from virshpy.xml.network import Network
from virshpy.xml.nodedev import NodeDevice
from virshpy.xml.nwfilter import Filter, FilterBinding
from virshpy.xml.port import NetworkPort
from virshpy.xml.secret import Secret
from virshpy.xml.storage import Pool, PoolCapabilities, PoolSources
from virshpy.xml.volume import Volume

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.xml"))
"""Guests of our own invention, each rich in one area, in the form in which libvirt 9.0 prints them."""

FRAGMENTS = sorted((Path(__file__).parent / "fragments").glob("*.xml"))
"""Elements that no guest of libvirt can have, which other documents share with guests."""

OTHERS = sorted((Path(__file__).parent / "others").glob("*.xml"))
"""Whole documents of the other kinds, in the form in which libvirt 9.0 prints them."""

ALL = [*GOLDEN, *FRAGMENTS, *OTHERS]

ROOTS: dict[str, type[Element]] = {
    cls._tag: cls
    for cls in (
        Domain,
        Filter,
        FilterBinding,
        NetworkPort,
        Interface,
        NodeDevice,
        Snapshot,
        Checkpoint,
        Backup,
        Secret,
        Network,
        Pool,
        PoolSources,
        PoolCapabilities,
        Volume,
        Encryption,
        Auth,
    )
}
"""The kinds of documents by the tags of their roots, with the elements that the fragments are."""


def kind_of(text: str) -> type[Element]:
    return ROOTS[text[1:].partition(">")[0].split()[0]]


def guest(
    body: str = "", devices: str = "", *, name: str = "g", attributes: str = "type='qemu'", memory: str = "64"
) -> str:
    """The smallest guest, with more in it."""
    return (
        f"<domain {attributes}>\n<name>{name}</name>\n<memory unit='MiB'>{memory}</memory>\n"
        f"<os><type arch='x86_64'>hvm</type></os>\n{body}\n<devices>{devices}</devices>\n</domain>\n"
    )
