"""Numbers about the host's interfaces."""

from __future__ import annotations

from virshpy.enums.numbers import IntFlag


class ListInterfacesFlags(IntFlag):
    """virConnectListAllInterfacesFlags"""

    INACTIVE = 1
    ACTIVE = 2


class InterfaceDefineFlags(IntFlag):
    """virInterfaceDefineFlags"""

    VALIDATE = 1


class InterfaceXMLFlags(IntFlag):
    """virInterfaceXMLFlags"""

    INACTIVE = 1
