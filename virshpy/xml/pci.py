"""Where a device of the PCI bus is."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.element import Element, attr
from virshpy.xml.node import Node, Refusal
from virshpy.xml.scalars import Int

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def hexadecimal(digits: int = 1, bits: int = 32) -> Int:
    """A number that is read in any of C's bases and printed with at least so many hexadecimal digits."""
    return Int(0, 2**bits - 1, base=0, form=f"0x%0{digits}x" if digits > 1 else "0x%x")


def check_pci(address: PCIPlace, node: Node, domains: int = 0xFFFFFFFF) -> None:
    """Fill the parts that were left out with zero, and refuse what no bus has; hosts have more domains than guests."""
    parts = (address.domain, address.bus, address.slot, address.function)
    if parts == (None, None, None, None):
        return
    address.domain, address.bus, address.slot, address.function = (part or 0 for part in parts)
    for name, limit in (("domain", domains), ("bus", 0xFF), ("slot", 0x1F), ("function", 7)):
        value = getattr(address, name)
        if value > limit:
            word, most = (f"'0x{value:x}'", f"0x{limit:X}") if limit > 7 else (f"0x{value:x}", str(limit))
            detail = f"Invalid PCI address {name}={word}, must be <= {most}"
            raise Refusal(errors.XMLError, detail, node, f"{name} goes up to 0x{limit:x}")


class PCIPlace(Element, tag="address"):
    """Four numbers of a PCI function, without a type (inside <source>)."""

    domain: int | None = attr(hexadecimal(4))
    bus: int | None = attr(hexadecimal(2))
    slot: int | None = attr(hexadecimal(2))
    function: int | None = attr(hexadecimal(1))

    def _check(self, node: Node) -> None:
        check_pci(self, node)

    @property
    def numbers(self) -> dict[str, Any]:
        """The four by their names, for another element that has them."""
        return {"domain": self.domain, "bus": self.bus, "slot": self.slot, "function": self.function}

    @staticmethod
    def numbers_of(text: str) -> dict[str, int]:
        """The four of a place as the kernel writes it (``0000:03:00.1``)."""
        domain, bus, rest = text.split(":")
        slot, function = rest.split(".")
        parts = {"domain": domain, "bus": bus, "slot": slot, "function": function}
        return {name: int(part, 16) for name, part in parts.items()}

    def __str__(self) -> str:
        return f"{self.domain or 0:04x}:{self.bus or 0:02x}:{self.slot or 0:02x}.{self.function or 0:x}"
