"""One command line in the making: what its parts share."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.argv.runtime import CommandLine, Runtime
from virshpy.drivers.qemu.argv.words import as_json
from virshpy.drivers.qemu.postparse.aliases import alias_of, controller_alias
from virshpy.drivers.qemu.postparse.controllers import scsi_model
from virshpy.drivers.qemu.postparse.pci.chipset import built_in, is_i440fx, is_q35
from virshpy.xml.scalars import strtol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.argv.runtime import Vault
    from virshpy.drivers.qemu.argv.words import Properties
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.xml.domain import Domain


_NARROW = ("lsilogic", "ncr53c90", "dc390", "am53c974")  # SCSI buses without units


class Guest:
    """``domain`` (complete, with aliases), ``caps``, ``runtime``, and the command line ``out`` so far."""

    def __init__(self, domain: Domain, caps: QemuCaps, runtime: Runtime) -> None:
        self.domain = domain
        self.caps = caps
        self.runtime = runtime
        self.out = CommandLine()
        assert domain.os is not None and domain.os.type is not None
        self.machine = domain.os.type.machine or ""
        self.arch = domain.os.type.arch or ""
        self.i440fx = is_i440fx(domain)
        self.q35 = is_q35(domain)
        self.kvm = domain.type == "kvm"
        self._overrides = self._device_overrides()
        self._controllers = {(c.type, c.index): c for c in reversed(domain.devices.controllers)}

    def add(self, *words: str) -> None:
        self.out.argv.extend(words)

    def device(self, properties: Properties) -> None:
        """A -device; what <qemu:override> says of it is put in last."""
        changes = self._overrides.get(properties.get("id") or "")
        if changes:
            properties = {**properties, **changes}
        self.add("-device", as_json(properties))

    def object(self, kind: str, name: str, **properties: Any) -> None:
        self.add("-object", as_json({"qom-type": kind, "id": name, **properties}))

    def secret(self, name: str, usage_type: str, reference: Any) -> str:
        """A secret object of what a document names (``<secret uuid=… usage=…>``); returns ``name``."""
        return self._sealed(name, self._vault().sealed(usage_type, reference.uuid, reference.usage))

    def hidden(self, name: str, value: str) -> str:
        """A secret object of a text that the document itself holds; returns ``name``."""
        return self._sealed(name, self._vault().seal(value.encode()))

    def _vault(self) -> Vault:
        if self.runtime.vault is None:
            raise errors.NoSecret("there is nothing to take secrets from")
        return self.runtime.vault

    def _sealed(self, name: str, sealed: tuple[str, str]) -> str:
        data, iv = sealed
        self.object("secret", name, data=data, keyid="masterKey0", iv=iv, format="base64")
        return name

    def _device_overrides(self) -> dict[str, dict[str, Any]]:
        override = self.domain.qemu_override
        found: dict[str, dict[str, Any]] = {}
        for device in override.devices if override is not None else []:
            values: dict[str, Any] = {}
            for prop in device.frontend.properties if device.frontend else []:
                values[prop.name or ""] = _override_value(prop)
            found[device.alias or ""] = values
        return found

    # where devices sit

    def controller_name(self, kind: str, index: int) -> str:
        controller = self._controllers.get((kind, index))
        if controller is not None:
            return bus_name(controller, self.domain)
        raise errors.InternalError(f"Could not find {kind} controller with index {index} required for device")

    def place(self, device: Any) -> Properties:
        """The ``bus`` and ``addr`` (or whatever the bus calls it) of a device."""
        address = device.address
        if address is None:
            return {}
        if address.type == "pci" and address.slot is not None:
            index = device.acpi.index if device.acpi is not None else None
            return {**self.pci_place(address), "acpi-index": index}
        if address.type == "usb":
            name = self.controller_name("usb", address.bus or 0)
            return {"bus": f"{name}.0", "port": address.port}
        if address.type == "ccid":
            return {"bus": f"{self.controller_name('ccid', address.controller or 0)}.0"}
        if address.type == "isa":
            return {"iobase": address.iobase, "irq": address.irq}
        if address.type == "spapr-vio":
            return {"reg": address.reg}
        if address.type == "dimm":
            return {"slot": address.slot, "addr": address.base}
        return {}

    def scsi_place(self, address: Any) -> Properties:
        """Where on its controller a unit with a drive address is; one of the oldest kind has only numbers from 0."""
        controller, unit = address.controller or 0, address.unit or 0
        name = self.controller_name("scsi", controller)
        if scsi_model(self.domain, controller) in _NARROW:
            return {"bus": f"{name}.{address.bus or 0}", "scsi-id": unit}
        return {"bus": f"{name}.0", "channel": address.bus or 0, "scsi-id": address.target or 0, "lun": unit}

    def pci_place(self, address: Any) -> Properties:
        name = self.controller_name("pci", address.bus or 0)
        slot, function = address.slot or 0, address.function or 0
        return {
            "bus": name,
            "multifunction": address.multifunction,
            "addr": f"0x{slot:x}.0x{function:x}" if function else f"0x{slot:x}",
        }


def bus_name(controller: Any, domain: Domain) -> str:
    """What QEMU calls a controller's bus: its alias, or for one of the chipset the name that it has anyway."""
    if controller.model in ("pci-root", "pcie-root") or built_in(domain, controller) is not None:
        given = alias_of(controller)
        if controller.type != "usb" and given.startswith("ua-"):
            return controller_alias(controller, domain)
    return alias_of(controller)


def _override_value(prop: Any) -> Any:
    kind, value = prop.type, prop.value
    if kind in ("signed", "unsigned"):
        return strtol(value, 0)
    if kind == "bool":
        return value == "true"
    if kind == "remove":
        return None
    return value


def virtio_options(device: Any) -> Properties:
    """The options of <driver> that every virtio device takes."""
    driver = device.driver
    if driver is None:
        return {}
    return {
        "iommu_platform": driver.iommu,
        "ats": driver.ats,
        "packed": driver.packed,
        "page-per-vq": driver.page_per_vq,
    }


def virtio_name(base: str, model: str | None, device: Any = None) -> str:
    """``virtio-net-pci`` and its transitional and non-transitional kin; ``virtio-net-device`` on virtio-mmio."""
    if device is not None and device.address is not None and device.address.type == "virtio-mmio":
        return f"{base}-device"
    if model in ("virtio-transitional", "virtio-non-transitional"):
        return f"{base}-pci{model.removeprefix('virtio')}"
    return f"{base}-pci"
