"""What plugs into what: the kinds of PCI connection, and which controller offers or needs which."""

from __future__ import annotations

# Qualities of a connection
HOTPLUG = 1 << 0
AUTOASSIGN = 1 << 1  # a bus that devices are put on unasked; a device that goes only to such buses
AGGREGATE = 1 << 2  # may share a slot with others of its kind, a function each
INTEGRATED = 1 << 3  # must sit directly on the root complex
# Kinds of connection
PCI = 1 << 8
PCIE = 1 << 9
ROOT_PORT = 1 << 10
UPSTREAM_PORT = 1 << 11
DOWNSTREAM_PORT = 1 << 12
DMI_TO_PCI = 1 << 13
PCI_EXPANDER = 1 << 14
PCIE_EXPANDER = 1 << 15
PCI_BRIDGE = 1 << 16
PCIE_TO_PCI = 1 << 17

ENDPOINTS = PCI | PCIE
KINDS = ~0xFF

# What users call the kinds, in the order in which a mismatch is explained.
NAMES = (
    (PCI, "standard PCI device"),
    (PCIE, "PCI Express device"),
    (ROOT_PORT, "pcie-root-port"),
    (UPSTREAM_PORT, "pcie-switch-upstream-port"),
    (DOWNSTREAM_PORT, "pcie-switch-downstream-port"),
    (DMI_TO_PCI, "dmi-to-pci-bridge"),
    (PCIE_TO_PCI, "pcie-to-pci-bridge"),
    (PCI_EXPANDER, "pci-expander-bus"),
    (PCIE_EXPANDER, "pcie-expander-bus"),
    (PCI_BRIDGE, "pci-bridge"),
)

# What a controller needs upstream.
NEEDS = {
    "pci-root": 0,
    "pcie-root": 0,
    "pci-bridge": PCI_BRIDGE,
    "pci-expander-bus": PCI_EXPANDER,
    "pcie-expander-bus": PCIE_EXPANDER,
    "dmi-to-pci-bridge": DMI_TO_PCI,
    "pcie-to-pci-bridge": PCIE_TO_PCI,
    "pcie-root-port": ROOT_PORT | AGGREGATE,
    "pcie-switch-upstream-port": UPSTREAM_PORT,
    "pcie-switch-downstream-port": DOWNSTREAM_PORT,
}

# What a controller offers downstream: (connection, first slot, last slot).
OFFERS = {
    "pci-root": (AUTOASSIGN | HOTPLUG | PCI | PCI_BRIDGE | PCI_EXPANDER, 1, 31),
    "pci-bridge": (AUTOASSIGN | HOTPLUG | PCI | PCI_BRIDGE, 1, 31),
    "pci-expander-bus": (AUTOASSIGN | HOTPLUG | PCI | PCI_BRIDGE, 0, 31),
    "pcie-root": (INTEGRATED | PCIE | ROOT_PORT | DMI_TO_PCI | PCIE_EXPANDER, 1, 31),
    "dmi-to-pci-bridge": (PCI | PCI_BRIDGE, 0, 31),
    "pcie-to-pci-bridge": (AUTOASSIGN | HOTPLUG | PCI | PCI_BRIDGE, 1, 31),
    "pcie-root-port": (AUTOASSIGN | HOTPLUG | PCIE | UPSTREAM_PORT | PCIE_TO_PCI, 0, 0),
    "pcie-switch-upstream-port": (DOWNSTREAM_PORT, 0, 31),
    "pcie-switch-downstream-port": (AUTOASSIGN | HOTPLUG | PCIE | UPSTREAM_PORT | PCIE_TO_PCI, 0, 0),
    "pcie-expander-bus": (ROOT_PORT | DMI_TO_PCI, 0, 31),
}


def controller_name(needs: int) -> str:
    """The controller that cannot be plugged in anywhere; for an upstream port, the port that it would plug into."""
    if needs & UPSTREAM_PORT:
        return "pcie-root-port"
    return next((model for model, own in NEEDS.items() if own & needs & KINDS), "pci-bridge")


def kind_name(connection: int) -> str:
    for kind, name in NAMES:
        if connection & kind:
            return name
    return "unknown PCI device"
