"""Loader and variable store: combinations that make no sense."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.postparse.pci.chipset import is_q35

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.domain import Domain


_EITHER = (
    "take out firmware='efi', and the files that <loader> and <nvram> name are used; or take these two out, and files"
    " are chosen"
)


def check_firmware(domain: Domain) -> None:
    domain_os = domain.os
    assert domain_os is not None
    loader, nvram = domain_os.loader, domain_os.nvram
    pflash = loader is not None and loader.type == "pflash"
    variables = nvram is not None or (loader is not None and loader.stateless is False)
    if domain_os.firmware is not None:
        if loader is not None and loader.readonly is not None:
            raise errors.XMLDetail(
                "loader attribute 'readonly' cannot be specified when firmware autoselection is enabled", hint=_EITHER
            )
        if loader is not None and loader.type is not None:
            raise errors.XMLDetail(
                "loader attribute 'type' cannot be specified when firmware autoselection is enabled", hint=_EITHER
            )
        if loader is not None and loader.secure is False:
            raise errors.XMLDetail(
                "loader attribute 'secure' cannot be specified when firmware autoselection is enabled",
                hint="take secure='no' out; <feature enabled='no' name='secure-boot'/> in <firmware> says so",
            )
        if loader is not None and loader.value:
            raise errors.XMLDetail(
                "loader path cannot be specified when firmware autoselection is enabled",
                hint=_EITHER,
            )
        if nvram is not None and nvram.template:
            raise errors.XMLDetail(
                "nvram attribute 'template' cannot be specified when firmware autoselection is enabled", hint=_EITHER
            )
        if domain_os.firmware != "efi" and variables:
            raise errors.XMLDetail("Only EFI firmware permits NVRAM")
        _check_wanted(domain)
    else:
        if domain_os.firmware_features is not None and domain_os.firmware_features.features:
            raise errors.XMLDetail(
                "cannot use feature-based firmware autoselection when firmware autoselection is disabled",
                hint="<os firmware='efi'> chooses a loader by itself",
            )
        if (loader is not None or nvram is not None) and not (loader and loader.value):
            raise errors.XMLDetail(
                "no loader path specified and firmware auto selection disabled",
                hint="<os firmware='efi'> chooses a loader by itself",
            )
        if loader is not None and not pflash and loader.stateless is False:
            raise errors.XMLDetail("Only pflash loader type permits NVRAM")
    if loader is not None and loader.stateless and nvram is not None:
        what = "NVRAM template" if nvram.template else "NVRAM"
        raise errors.XMLDetail(f"{what} is not permitted when loader is stateless")
    if (domain_os.firmware == "efi" or pflash) and not (domain.features and domain.features.acpi):
        raise errors.ConfigUnsupported("UEFI requires ACPI on this architecture", hint="add <acpi/> to <features>")
    _check_secure(domain)


def _check_wanted(domain: Domain) -> None:
    wanted = domain.os.firmware_features.features if domain.os and domain.os.firmware_features else []
    named = {feature.name: feature.enabled for feature in wanted}
    if named.get("enrolled-keys") and named.get("secure-boot") is False:
        raise errors.XMLDetail(
            "firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' is disabled",
            hint="enable 'secure-boot', or disable 'enrolled-keys' too: keys are only looked at by secure boot",
        )


def _check_secure(domain: Domain) -> None:
    loader = domain.os.loader if domain.os else None
    if loader is None or not loader.secure:
        return
    if not is_q35(domain):
        raise errors.ConfigUnsupported("Secure boot is supported with q35 machine types only")
    if domain.os is not None and domain.os.firmware:
        return  # it is switched on with the firmware that is chosen
    smm = domain.features.smm if domain.features else None
    if smm is None or not smm.state:
        raise errors.ConfigUnsupported(
            "Secure boot requires SMM feature enabled", hint="add <smm state='on'/> to <features>"
        )
