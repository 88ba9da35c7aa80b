"""From a user's text to a document that can be run: read, completed, checked against the QEMU that will run it."""

from __future__ import annotations

from virshpy import errors
from virshpy.drivers.qemu.capabilities.probe import default_emulator, probe
from virshpy.drivers.qemu.identity import guest_identity
from virshpy.drivers.qemu.records import Domains
from virshpy.xml.domain import Domain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.qemu.capabilities.caps import QemuCaps
    from virshpy.host.site import Site
    from virshpy.xml.node import Warning


def parse(text: str | None) -> Domain:
    """A stored document, which was complete and checked when it was stored.

    Raises NoDomain for None: whoever asked had seen the domain, and it has gone since.
    """
    if text is None:
        raise errors.NoDomain("it has just gone")
    return Domain.parse(text)


def unknown(name: str, uuid: str) -> Domain:
    """A document for a guest of which only that is known."""
    text = "<domain type='qemu'><name>x</name><uuid/><memory>1</memory><os><type>hvm</type></os></domain>"
    document = Domain.parse(text.replace("<uuid/>", f"<uuid>{uuid}</uuid>"))
    document.name = name
    return document


def capabilities_for(site: Site, domain: Domain) -> QemuCaps:
    """What the QEMU of a document can do. Raises where there is no such QEMU, with a hint on how to get one."""
    emulator = domain.devices.emulator if domain.devices else None
    arch = domain.os.type.arch if domain.os and domain.os.type else None
    return emulator_capabilities(site, emulator, arch)


_PACKAGES = {
    ("x86_64", "i686"): "qemu-system-x86",
    ("aarch64", "armv6l", "armv7l", "armv7b"): "qemu-system-arm",
    ("ppc", "ppc64", "ppc64le", "ppcemb"): "qemu-system-ppc",
    ("mips", "mipsel", "mips64", "mips64el"): "qemu-system-mips",
    ("sparc", "sparc64"): "qemu-system-sparc",
}


def _package(arch: str) -> str:
    """Debian's package with the QEMU for an architecture."""
    return next((package for arches, package in _PACKAGES.items() if arch in arches), "qemu-system-misc")


def emulator_capabilities(site: Site, emulator: str | None, arch: str | None) -> QemuCaps:
    binary = emulator or default_emulator(arch)
    if binary is None:
        raise errors.ConfigUnsupported(
            f"No emulator found for arch '{arch or 'x86_64'}'",
            hint=f"install QEMU (Debian, Ubuntu: apt install {_package(arch or 'x86_64')}), or name one in <emulator>",
        )
    return probe(binary, site.directories.cache, lambda: guest_identity(Domains(site), 0))


def read(site: Site, xml: str, *, strict: bool = False) -> tuple[Domain, QemuCaps]:
    """A complete document and its QEMU's capabilities. Raises XMLError, ConfigUnsupported and their kin."""
    from virshpy.drivers.qemu.postparse.complete import postparse
    from virshpy.drivers.qemu.postparse.context import Context
    from virshpy.drivers.qemu.postparse.validate import validate

    warnings: list[Warning] = []
    # What a running guest's document says about the run, of whoever printed it, is no part of a definition.
    domain = Domain.parse(xml, inactive=True, warnings=warnings, validate=strict)
    for warning in warnings:
        site.warn(str(warning))
    caps = capabilities_for(site, domain)
    postparse(domain, caps, context=Context(nvram_dir=site.directories.nvram))
    validate(domain, caps)
    _require_file_name(domain.name or "")
    if warnings:
        _require_same(domain.format(inactive=True, secure=True))
    return domain, caps


_LONGEST_NAME = 247  # bytes: file systems take 255, and what is made of a name (NAME_VARS.fd) is longer


def _require_file_name(name: str) -> None:
    """Refuse a name of which no file can be called. Raises SystemCallError."""
    size = len(name.encode("utf-8", "surrogateescape"))
    if size > _LONGEST_NAME:
        raise errors.SystemCallError(
            f"Failed to create file '{name}.log': File name too long",
            hint=f"files are called after a domain: its name has at most {_LONGEST_NAME} bytes, and this one {size}",
        )


def saved(domain: Domain) -> str:
    """The text under which a definition is stored: everything that the next start needs, secrets included.

    Raises XMLDetail for what would not come back: a definition that cannot be read can be neither started nor shown;
    SystemCallError for a name that is too long for a file.
    """
    _require_file_name(domain.name or "")
    text = domain.format(inactive=True, secure=True)
    # Reading it again takes as long as all the rest. What is not well known (in read) or not of one line is read.
    if not all(line.lstrip().startswith("<") for line in text.splitlines()):
        _require_same(text)
    return text


def _require_same(text: str) -> None:
    try:
        again = parse(text).format(inactive=True, secure=True)
    except errors.Error as error:
        raise errors.XMLDetail(f"the definition could not be read again: {error.message}", hint=error.hint) from None
    if again != text:
        pairs = zip(text.splitlines(), again.splitlines(), strict=False)
        wrote, reads = next(((old, new) for old, new in pairs if old != new), (text[-40:], again[-40:]))
        raise errors.XMLDetail(
            f"the definition would read as something else: '{wrote.strip()}' becomes '{reads.strip()}'",
            hint="leave out what is named here, or write it otherwise",
        )
