"""UEFI and BIOS: where the variable store is, and which images serve a document that only says ``firmware='efi'``.

At define only the path of the variable store is fixed; images are chosen at start, from the descriptors that firmware
packages install, so that an update of those packages is followed.
"""

from __future__ import annotations

import os

from virshpy import errors
from virshpy.xml.domain.features import SMM, Features
from virshpy.xml.domain.osboot import NVRAM, FirmwareFeature, Loader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.xml.domain import Domain

    Descriptor = dict[str, Any]


def complete_firmware(domain: Domain, context: Context) -> None:
    """At define: the features that others imply, and the path of the variable store."""
    domain_os = domain.os
    assert domain_os is not None
    if domain_os.firmware == "efi" and domain_os.firmware_features is not None:
        features = domain_os.firmware_features.features
        named = {feature.name: feature.enabled for feature in features}
        if named.get("enrolled-keys") and "secure-boot" not in named:
            features.append(FirmwareFeature(name="secure-boot", enabled=True))
    loader, nvram = domain_os.loader, domain_os.nvram
    if domain_os.firmware is None and loader is not None and loader.value and loader.type is None:
        loader.type = "rom"
    if domain_os.firmware is None and loader is not None and loader.type == "pflash" and loader.readonly:
        if loader.stateless:
            return
        if nvram is None:
            nvram = domain_os.nvram = NVRAM()
        if nvram.value is None and nvram.source is None:
            nvram.value = store_path(domain, context)


def store_path(domain: Domain, context: Context) -> str:
    return f"{context.nvram_dir}/{domain.name}_VARS.fd"


def resolve_firmware(domain: Domain, context: Context) -> None:
    """At start, in place: the images for ``firmware='efi'``, and the template of a variable store that may have to be
    made. Raises OperationFailed where no installed firmware fits."""
    domain_os = domain.os
    assert domain_os is not None
    loader = domain_os.loader
    if domain_os.firmware == "efi":
        _choose(domain, context)
    elif loader is not None and domain_os.nvram is not None and not domain_os.nvram.template and loader.value:
        domain_os.nvram.template = template_for(loader.value, _descriptors(context))


def _descriptors(context: Context) -> list[Descriptor]:
    if context.firmware is not None:
        return context.firmware
    from virshpy.drivers.qemu.capabilities.firmware import load_descriptors

    return load_descriptors()


def _choose(domain: Domain, context: Context) -> None:
    domain_os = domain.os
    assert domain_os is not None
    if domain_os.loader is not None and domain_os.loader.value:
        return
    found = next((d for d in _descriptors(context) if _fits(d, domain)), None)
    if found is None:
        raise errors.OperationFailed(
            "Unable to find any firmware to satisfy 'efi'",
            hint="install one (apt install ovmf), or ask for less in <firmware>",
        )
    mapping = found["mapping"]
    loader = domain_os.loader = domain_os.loader or Loader()
    loader.type, loader.readonly = "pflash", True
    loader.value = mapping["executable"]["filename"]
    if "requires-smm" in found["features"]:
        loader.secure = True
        domain.features = domain.features or Features()
        domain.features.smm = domain.features.smm or SMM(state=True)
        domain.features.smm.state = True
    if "nvram-template" in mapping and not loader.stateless:
        nvram = domain_os.nvram = domain_os.nvram or NVRAM()
        if nvram.template is None:
            nvram.template = mapping["nvram-template"]["filename"]
        if nvram.value is None and nvram.source is None:
            nvram.value = store_path(domain, context)
    # The choice is made: a document that has images may not ask for others.
    domain_os.firmware = domain_os.firmware_features = None


def _fits(descriptor: Descriptor, domain: Domain) -> bool:
    """Whether a firmware runs on this machine and has what the document asks for."""
    from fnmatch import fnmatchcase

    domain_os = domain.os
    assert domain_os is not None and domain_os.type is not None
    mapping = descriptor.get("mapping", {})
    if "uefi" not in descriptor.get("interface-types", []) or mapping.get("device") != "flash":
        return False
    machine, arch = domain_os.type.machine or "", domain_os.type.arch
    targets = [t for t in descriptor.get("targets", []) if t.get("architecture") == arch]
    if not any(fnmatchcase(machine, pattern) for target in targets for pattern in target.get("machines", [])):
        return False
    features = set(descriptor.get("features", []))
    asked = domain_os.firmware_features.features if domain_os.firmware_features else []
    if any((feature.name in features) is not feature.enabled for feature in asked):
        return False
    if domain_os.loader is not None and domain_os.loader.stateless and "nvram-template" in mapping:
        return False
    smm = domain.features.smm if domain.features else None
    if "requires-smm" in features and smm is not None and smm.state is False:
        return False
    return not (domain_os.loader is not None and domain_os.loader.secure and "requires-smm" not in features)


def template_for(loader: str, descriptors: list[Descriptor]) -> str | None:
    """The pristine variable store that belongs to an image."""
    for descriptor in descriptors:
        mapping = descriptor.get("mapping", {})
        if mapping.get("executable", {}).get("filename") == loader and "nvram-template" in mapping:
            return str(mapping["nvram-template"]["filename"])
    folder, name = os.path.split(loader)
    if "CODE" not in name:
        return None
    variants = (name.replace("CODE", "VARS"), name.replace("CODE", "VARS").replace(".secboot", ""))
    return next((path for part in variants if os.path.exists(path := os.path.join(folder, part))), None)
