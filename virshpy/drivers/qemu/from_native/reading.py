"""A command line being read: its options by kind, and the parts of the document so far."""

from __future__ import annotations

import re

from virshpy.drivers.qemu.from_native.words import Command, Option, Params, as_text
from virshpy.xml.node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    Found = TypeVar("Found")

_ALIAS = re.compile(r"[^A-Za-z0-9_-]")


def make(tag: str, attrs: dict[str, Any] | None = None, *children: Node | None, text: object = None) -> Node:
    """An element; attributes and children that are None are left out."""
    node = Node(tag, {key: str(value) for key, value in (attrs or {}).items() if value is not None})
    node.children = [child for child in children if child is not None]
    node.text = "" if text is None else str(text)
    return node


def leaf(tag: str, value: object) -> Node | None:
    """<tag>value</tag>, or None."""
    return None if value is None else make(tag, text=value)


def on_off(value: bool | None) -> str | None:
    return None if value is None else "on" if value else "off"


def yes_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


class Pool(dict[str, Params]):
    """Options of one kind that others refer to, by id."""

    def claim(self, name: object) -> Params | None:
        """The option of that id, which is used now."""
        found = self.get(str(name)) if name is not None else None
        if found is not None:
            found.option.used = True
        return found


class Reading:
    """``top`` are children of <domain>, ``devices`` of <devices>; ``overrides`` says what is left of known devices."""

    def __init__(self, command: Command, format_of: Callable[[str], str]) -> None:
        self.command = command
        self.format_of = format_of
        self.options = command.options
        self.top: dict[str, Node] = {}
        self.devices: list[Node] = []
        self.overrides: list[Node] = []
        self.defaults = not self.has("nodefaults")
        self.machine = ""
        self.q35 = False
        self.x86 = True
        self.settings: dict[str, str] = {}
        self.buses: dict[str, tuple[str, int]] = {}  # id of a controller -> its type and index
        self.ports: set[str] = set()  # those PCI controllers into which one device goes
        self.objects = self._pool("object", "qom-type")
        self.chardevs = self._pool("chardev", "backend")
        self.blockdevs = self._pool("blockdev", "driver", key="node-name")
        self.netdevs = self._pool("netdev", "type")
        self.audiodevs = self._pool("audiodev", "driver")
        self.fsdevs = self._pool("fsdev", "fsdriver")
        self.tpmdevs = self._pool("tpmdev", "type")
        self.cards = [Params.of(option, "driver") for option in self.all("device")]
        self.drives = [Params.of(option, "file") for option in self.all("drive")]

    def _pool(self, name: str, implied: str, key: str = "id") -> Pool:
        pool = Pool()
        for option in self.all(name):
            params = Params.of(option, implied)
            pool[str(params.get(key, ""))] = params
        return pool

    # options
    def all(self, *names: str) -> list[Option]:
        """Those of some names that nobody has used."""
        return [option for option in self.options if option.name in names and not option.used]

    def has(self, *names: str) -> bool:
        return any(option.name in names for option in self.options)

    def take(self, *names: str) -> list[Option]:
        """The same, and they are used now."""
        found = self.all(*names)
        for option in found:
            option.used = True
        return found

    def last(self, *names: str) -> str | None:
        """The value of the last one, which is what counts for QEMU."""
        found = self.take(*names)
        return found[-1].value or "" if found else None

    def flag(self, *names: str) -> bool:
        return bool(self.take(*names))

    def unused(self, params: Iterable[Params]) -> list[Params]:
        return [one for one in params if not one.option.used]

    def attempt(self, build: Callable[..., Found | None], *arguments: Any) -> Found | None:
        """What ``build`` makes; where that is None, every option is as unused as before."""
        before = [option.used for option in self.options]
        found = build(self, *arguments)
        if found is None:
            for option, used in zip(self.options, before, strict=True):
                option.used = used
        return found

    # the document
    def put(self, node: Node) -> Node:
        """A child of <domain>; what is already there of its tag is the one returned."""
        return self.top.setdefault(node.tag, node)

    def add(self, node: Node, card: Params | None = None) -> Node:
        """A device; what ``card`` has left over of its properties goes into <qemu:override>."""
        if card is not None:
            card.option.used = True
            index = card.text("acpi-index")
            if index is not None:
                node.children.append(make("acpi", {"index": index}))
            self._override(node, card)
        self.devices.append(node)
        return node

    def _override(self, node: Node, card: Params) -> None:
        name = card.text("id")
        rest = {key: value for key, value in card.items() if not isinstance(value, dict | list)}
        if not rest and not (name or "").startswith("ua-"):
            return
        alias = f"ua-{_ALIAS.sub('-', (name or f'{node.tag}{len(self.overrides)}').removeprefix('ua-'))}"
        node.children.append(make("alias", {"name": alias}))
        if not rest:
            return
        properties = [_property(key, value) for key, value in rest.items()]
        frontend = make("qemu:frontend", None, *properties)
        self.overrides.append(make("qemu:device", {"alias": alias}, frontend))

    # where devices sit
    def index_of(self, bus: str | None, kind: str) -> int:
        """The index of the controller that a bus name (``scsi0.0``, ``usb.0``, ``pci.3``) belongs to."""
        if bus is None:
            return 0
        for name in (bus, bus.rpartition(".")[0]):
            if name in self.buses and self.buses[name][0] == kind:
                return self.buses[name][1]
        return 0

    def knows(self, bus: str) -> bool:
        """Whether a bus is that of a controller of the document."""
        return bus in self.buses or bus.rpartition(".")[0] in self.buses

    def place(self, card: Params) -> Node | None:
        """The <address> of a card on a PCI or a USB bus, as far as it is said."""
        if "port" in card and "addr" not in card:
            bus = card.text("bus")
            return make("address", {"type": "usb", "bus": self.index_of(bus, "usb"), "port": card.text("port")})
        where = card.text("addr")
        bus = card.text("bus")
        if where is None and bus in self.ports:
            where = "0"  # a port has one place
        if where is None or (bus is not None and not self._is_pci(bus)):
            return None
        slot, _, function = where.partition(".")
        return make(
            "address",
            {
                "type": "pci", "domain": "0x0000", "bus": f"0x{self.index_of(bus, 'pci'):02x}",
                "slot": f"0x{_hex(slot):02x}", "function": f"0x{_hex(function or '0'):x}",
                "multifunction": on_off(card.switch("multifunction")),
            },
        )  # fmt: skip

    def _is_pci(self, bus: str) -> bool:
        return bus in ("pci.0", "pcie.0") or self.buses.get(bus, ("", 0))[0] == "pci"

    def free_index(self, kind: str, wanted: int | None) -> int:
        """An index for a controller: the one that its id names, else the lowest that is free."""
        taken = {index for type, index in self.buses.values() if type == kind}
        if wanted is not None and wanted not in taken:
            return wanted
        return next(number for number in range(len(taken) + 1) if number not in taken)

    def virtio(self, card: Params) -> dict[str, Any]:
        """The attributes of <driver> that every virtio device has."""
        names = {"iommu": "iommu_platform", "ats": "ats", "packed": "packed", "page_per_vq": "page-per-vq"}
        return {name: on_off(card.switch(word)) for name, word in names.items() if word in card}


def _hex(text: str) -> int:
    try:
        return int(text[:40], 16)
    except ValueError:
        return 0


def _property(key: str, value: Any) -> Node:
    kind, text = "string", as_text(value)
    if isinstance(value, bool) or (isinstance(value, str) and value in ("on", "off")):
        kind, text = "bool", "true" if text == "on" else "false"
    elif re.fullmatch(r"-?[0-9]{1,19}", text):
        kind = "signed" if text.startswith("-") else "unsigned"
    return make("qemu:property", {"name": key, "type": kind, "value": text})


def element(node: Node, tag: str) -> Node:
    """A child of that tag, made where it is missing."""
    found = node.find(tag)
    if found is None:
        found = make(tag)
        node.children.append(found)
    return found
