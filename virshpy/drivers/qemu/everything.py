"""The QEMU driver's rows that few commands use, together; loaded when one of them is asked for."""

from __future__ import annotations

from virshpy import errors
from virshpy.driver import everything
from virshpy.drivers.qemu.capabilities.rows import ProcessorRows
from virshpy.drivers.qemu.node.rows import NodeRows
from virshpy.drivers.secret.rows import SecretRows


class Everything(ProcessorRows, NodeRows, SecretRows, everything.Everything):
    """As QemuDriver has them: it lends itself to these methods."""

    error_domain = errors.ErrorDomain.QEMU
    function_prefix = "qemu"
