"""Loader and variable store: combinations that make no sense."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_q35

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain


def check_firmware(domain: Domain) -> None:
    domain_os = domain.os
    assert domain_os is not None
    loader, nvram = domain_os.loader, domain_os.nvram
    pflash = loader is not None and loader.type == "pflash"
    if domain_os.firmware is not None:
        if loader is not None and loader.readonly is not None:
            raise errors.XMLDetail(
                "loader attribute 'readonly' cannot be specified when firmware autoselection is enabled"
            )
        if loader is not None and loader.secure is False:
            raise errors.XMLDetail(
                "loader attribute 'secure' cannot be specified when firmware autoselection is enabled"
            )
        if loader is not None and loader.value:
            raise errors.XMLDetail(
                "loader path cannot be specified when firmware autoselection is enabled",
                hint="leave out either firmware='efi' or the path in <loader>",
            )
        if domain_os.firmware != "efi" and (nvram is not None or (loader is not None and loader.stateless is not None)):
            raise errors.XMLDetail("Only EFI firmware permits NVRAM")
    else:
        if loader is not None and not loader.value and (loader.type or loader.readonly is not None):
            raise errors.XMLDetail(
                "no loader path specified and firmware auto selection disabled",
                hint="<os firmware='efi'> chooses a loader by itself",
            )
        if loader is not None and not pflash and (nvram is not None or loader.stateless is not None):
            raise errors.XMLDetail("Only pflash loader type permits NVRAM")
    if loader is not None and loader.stateless and nvram is not None:
        what = "NVRAM template" if nvram.template else "NVRAM"
        raise errors.XMLDetail(f"{what} is not permitted when loader is stateless")
    if domain_os.firmware == "efi" or pflash:
        if domain.features is None or not domain.features.acpi:
            raise errors.ConfigUnsupported("UEFI requires ACPI on this architecture", hint="add <acpi/> to <features>")
        _check_secure(domain)


def _check_secure(domain: Domain) -> None:
    loader = domain.os.loader if domain.os else None
    if loader is None or not loader.secure or (domain.os and domain.os.firmware):
        return
    if not is_q35(domain):
        raise errors.ConfigUnsupported("Secure boot is supported with q35 machine types only")
    smm = domain.features.smm if domain.features else None
    if smm is None or not smm.state:
        raise errors.ConfigUnsupported(
            "Secure boot requires SMM feature enabled", hint="add <smm state='on'/> to <features>"
        )
