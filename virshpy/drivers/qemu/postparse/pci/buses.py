"""The buses of a guest and what sits in their slots. Knows nothing of documents."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci import connect


class Place:
    """A PCI address: ``bus``, ``slot``, ``function``, ``domain`` (always 0 in what can be assigned)."""

    __slots__ = ("domain", "bus", "slot", "function")

    def __init__(self, bus: int, slot: int, function: int = 0, domain: int = 0) -> None:
        self.domain = domain
        self.bus = bus
        self.slot = slot
        self.function = function

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function}"


class Bus:
    """One bus: ``model`` of its controller, ``offers`` (connection flags), slots ``first``..``last``; ``used`` holds a
    bit for each function in use; ``shared`` the slots whose functions may go to different devices."""

    __slots__ = ("model", "offers", "first", "last", "used", "shared")

    def __init__(self, model: str, hotplug: bool = True) -> None:
        self.model = model
        self.offers, self.first, self.last = connect.OFFERS[model]
        if not hotplug:
            self.offers &= ~connect.HOTPLUG
        self.used = [0] * 32
        self.shared = [False] * 32

    @property
    def full(self) -> bool:
        return all(self.used[self.first : self.last + 1])

    def free_function(self, needs: int) -> tuple[int, int] | None:
        """The first (slot, function) that a device with these needs could have."""
        for slot in range(self.first, self.last + 1):
            if not self.used[slot]:
                return slot, 0
            if needs & connect.AGGREGATE and self.shared[slot]:
                for function in range(8):
                    if not self.used[slot] & (1 << function):
                        return slot, function
        return None


class Buses:
    """All buses of a guest. While ``growing``, a device that fits nowhere makes a bus for itself."""

    def __init__(self, growing: bool, pcie_to_pci: bool) -> None:
        self.buses: list[Bus] = []
        self.growing = growing
        # Buses that came with a place for their own controller.
        self.seated: set[int] = set()
        self.pcie_to_pci = pcie_to_pci
        # How many of the first buses have no room for devices of certain needs: nothing is ever given back.
        self.exhausted: dict[int, int] = {}

    def in_use(self, place: Place) -> bool:
        return place.bus < len(self.buses) and bool(self.buses[place.bus].used[place.slot] & (1 << place.function))

    def slot_in_use(self, place: Place) -> bool:
        return place.bus < len(self.buses) and bool(self.buses[place.bus].used[place.slot])

    def reserve(self, place: Place, needs: int, *, by_user: bool = False) -> None:
        """Take an address. Raises libvirt's errors where it does not exist, does not fit or is taken.

        A bus that has to be made, and to be reached through another one, is one further on than was asked for:
        ``place`` is changed.
        """
        said = str(place)
        if self.growing and place.bus >= len(self.buses) and self.buses:
            if place.bus == len(self.buses) and self._model_for(needs)[1]:
                place.bus += 1
            self.grow(place.bus, needs)
        self._check(place, needs, by_user, said)
        bus = self.buses[place.bus]
        if self.in_use(place):
            raise errors.XMLError(
                f"Attempted double use of PCI Address {place}",
                hint="give one of the two devices another <address>, or none: a free one is found for it",
            )
        if not bus.used[place.slot] and needs & connect.AGGREGATE:
            bus.shared[place.slot] = True
        bus.used[place.slot] |= 1 << place.function

    def next(self, needs: int) -> Place:
        """The next free address for a device, taken at once."""
        if not self.buses:
            raise _no_pci()
        for number in range(self.exhausted.get(needs, 0), len(self.buses)):
            bus = self.buses[number]
            if self._compatible(bus, needs) and (found := bus.free_function(needs)):
                place = Place(number, *found)
                break
            self.exhausted[needs] = number + 1
        else:
            if not self.growing:
                raise errors.InternalError("No more available PCI slots")
            number = self.grow(len(self.buses), needs)
            place = Place(number, self.buses[number].first)
        self.reserve(place, needs)
        return place

    def grow(self, number: int, needs: int) -> int:
        """Add buses until bus ``number`` exists and the last takes such a device; returns the last one's number."""
        model, upstream = self._model_for(needs)
        if upstream:
            self.buses.append(Bus(upstream))
            if upstream == "pcie-root-port":
                self.buses[-1].used[0] = 1
                self.seated.add(len(self.buses))
            self.buses.append(Bus(model))
            model = "pci-bridge"
        while len(self.buses) <= number:
            self.buses.append(Bus(model))
        return len(self.buses) - 1

    def _model_for(self, needs: int) -> tuple[str, str | None]:
        """The controller that makes room for a device, and one that has to be there before it."""
        if needs & (connect.PCI | connect.PCI_BRIDGE):
            if any(bus.offers & connect.PCI_BRIDGE for bus in self.buses):
                return "pci-bridge", None
            if not self.pcie_to_pci:
                return ("pci-bridge", "dmi-to-pci-bridge") if needs & connect.PCI else ("dmi-to-pci-bridge", None)
            return "pcie-to-pci-bridge", "pcie-root-port"
        express = any(bus.offers & connect.ROOT_PORT for bus in self.buses)
        if needs & (connect.PCIE | connect.UPSTREAM_PORT) and express:
            return "pcie-root-port", None
        if needs & connect.PCIE_TO_PCI:
            raise errors.InternalError("Cannot automatically add a new PCI bus for a device with connect flags 2000")
        raise errors.InternalError(
            f"a PCI slot is needed to connect a PCI controller model='{connect.controller_name(needs)}', but none is "
            "available, and it cannot be automatically added"
        )

    def _compatible(self, bus: Bus, needs: int) -> bool:
        if not needs & bus.offers & connect.KINDS:
            return False
        return not needs & ~bus.offers & (connect.HOTPLUG | connect.AUTOASSIGN | connect.INTEGRATED)

    def _check(self, place: Place, needs: int, by_user: bool, said: str) -> None:
        if not self.buses:
            raise _no_pci()
        if place.domain:
            raise errors.XMLError(f"Invalid PCI address {said}. Only PCI domain 0 is available")
        if place.bus >= len(self.buses):
            raise errors.XMLError(
                f"Invalid PCI address {said}. Only PCI buses up to {len(self.buses) - 1} are available"
            )
        bus = self.buses[place.bus]
        offers, kinds = bus.offers, needs
        if by_user:
            # Whoever writes an address may put any endpoint where one fits, a bridge too, and do without hotplug.
            if needs & connect.PCI_BRIDGE:
                kinds |= connect.PCI
            if offers & connect.ENDPOINTS:
                offers |= connect.ENDPOINTS
            offers |= connect.HOTPLUG
        if not kinds & offers & connect.KINDS:
            raise errors.XMLError(
                f"The device at PCI address {said} cannot be plugged into the PCI controller with "
                f"index='{place.bus}'. It requires a controller that accepts a {connect.kind_name(needs)}."
            )
        if needs & connect.HOTPLUG and not offers & connect.HOTPLUG:
            raise errors.XMLError(
                f"The device at PCI address {said} requires hotplug capability, but the PCI controller with "
                f"index='{place.bus}' doesn't support hotplug"
            )
        if needs & connect.INTEGRATED and not offers & connect.INTEGRATED:
            raise errors.XMLError(f"The device at PCI address {said} needs to be an integrated device (bus=0)")
        if not place.slot and bus.first:
            raise errors.XMLError(f"Invalid PCI address {said}. slot must be >= {bus.first}")
        if place.slot > bus.last:
            raise errors.XMLError(f"Invalid PCI address {said}. slot must be <= {bus.last}")
        if place.function > 7:
            raise errors.XMLError(f"Invalid PCI address {said}. function must be <= 7")


def _no_pci() -> errors.Error:
    return errors.XMLError("No PCI buses available", hint="this machine type has no PCI; use another one")
