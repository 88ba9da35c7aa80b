"""Numbers about virtual networks."""

from __future__ import annotations

from virshpy.enums.numbers import IntEnum, IntFlag


class ListNetworksFlags(IntFlag):
    """virConnectListAllNetworksFlags"""

    INACTIVE = 1
    ACTIVE = 2
    PERSISTENT = 4
    TRANSIENT = 8
    AUTOSTART = 16
    NO_AUTOSTART = 32


class NetworkDefineFlags(IntFlag):
    """virNetworkDefineFlags"""

    VALIDATE = 1


class NetworkCreateFlags(IntFlag):
    """virNetworkCreateFlags"""

    VALIDATE = 1


class NetworkUpdateCommand(IntEnum):
    """virNetworkUpdateCommand"""

    NONE = 0
    MODIFY = 1
    DELETE = 2
    ADD_LAST = 3
    ADD_FIRST = 4


class NetworkUpdateSection(IntEnum):
    """virNetworkUpdateSection"""

    NONE = 0
    BRIDGE = 1
    DOMAIN = 2
    IP = 3
    IP_DHCP_HOST = 4
    IP_DHCP_RANGE = 5
    FORWARD = 6
    FORWARD_INTERFACE = 7
    FORWARD_PF = 8
    PORTGROUP = 9
    DNS_HOST = 10
    DNS_TXT = 11
    DNS_SRV = 12


class NetworkUpdateFlags(IntFlag):
    """virNetworkUpdateFlags"""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2


class NetworkXMLFlags(IntFlag):
    """virNetworkXMLFlags"""

    INACTIVE = 1


class NetworkPortCreateFlags(IntFlag):
    """virNetworkPortCreateFlags"""

    RECLAIM = 1
    VALIDATE = 2
