"""Saving, restoring and dumping imaginary domains: a file of a magic word and, for saving, the document."""

from __future__ import annotations

from struct import pack, unpack

from virshpy import errors
from virshpy.driver.contract import accepts
from virshpy.driver.domain import DomainRef
from virshpy.driver.domain.saving import SavingOperations
from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Guests
from virshpy.enums import (
    CoreDumpFlags,
    CoreDumpFormat,
    RunningReason,
    SaveImageXMLFlags,
    SaveRestoreFlags,
    ShutoffReason,
)
from virshpy.host import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.enums.parameters import Parameter, Parameters

_MAGIC = b"TestGuestMagic\0"


class Saving(Guests, SavingOperations):
    """Images of libvirt's test driver, which can read them too."""

    @accepts(0)
    def domain_save_flags(self, domain: DomainRef, to: str, dxml: str | None = None, *, flags: int = 0) -> None:
        if dxml is not None:
            raise errors.ArgumentUnsupported("xml modification unsupported")
        guest = self.active_guest(domain)
        guest.document.id = guest.id
        text = guest.document.format(secure=True).encode()
        _write(to, _MAGIC + pack("=i", len(text)) + text, f"saving domain '{guest.name}' to '{to}'")
        guest.stop(self.host, ShutoffReason.SAVED)

    @accepts(0)
    def domain_save_params(self, domain: DomainRef, params: Parameters, *, flags: int = 0) -> None:
        self.domain_save_flags(domain, str(params.get("file")), _text(params.get("dxml")), flags=flags)

    @accepts(0)
    def domain_restore_flags(self, path: str, dxml: str | None = None, *, flags: int = 0) -> None:
        if dxml is not None:
            raise errors.ArgumentUnsupported("xml modification unsupported")
        document = Guest.read(_read(path))
        self.host.guests.admit(document, live=True).run(self.host, RunningReason.RESTORED)

    @accepts(0)
    def domain_restore_params(self, params: Parameters, *, flags: int = 0) -> None:
        self.domain_restore_flags(str(params.get("file")), _text(params.get("dxml")), flags=flags)

    def domain_save_image_get_xml_desc(self, path: str, *, flags: int = 0) -> str:
        return Guest.read(_read(path)).format(inactive=True, secure=bool(flags & SaveImageXMLFlags.SECURE))

    @accepts(SaveRestoreFlags.RUNNING | SaveRestoreFlags.PAUSED)
    def domain_save_image_define_xml(self, path: str, dxml: str, *, flags: int = 0) -> None:
        _read(path)
        text = Guest.read(dxml).format(inactive=True, secure=True).encode()
        _write(path, _MAGIC + pack("=i", len(text)) + text, f"saving domain to '{path}'")

    @accepts(SaveRestoreFlags.BYPASS_CACHE | SaveRestoreFlags.RUNNING | SaveRestoreFlags.PAUSED)
    def domain_managed_save(self, domain: DomainRef, *, flags: int = 0) -> None:
        guest = self.active_guest(domain)
        if not guest.persistent:
            raise errors.OperationInvalid("cannot do managed save for transient domain")
        guest.managed_save = guest.document.copy()
        guest.stop(self.host, ShutoffReason.SAVED)

    def domain_managed_save_remove(self, domain: DomainRef) -> None:
        self.guest(domain).managed_save = None

    @accepts(CoreDumpFlags.CRASH)
    def domain_core_dump_with_format(self, domain: DomainRef, to: str, dump_format: int, *, flags: int = 0) -> None:
        if dump_format != CoreDumpFormat.RAW:
            raise errors.OperationUnsupported("kdump-compressed format is not supported here")
        guest = self.active_guest(domain)
        _write(to, _MAGIC, f"domain '{guest.name}' coredump: failed to open {to}", plain=True)
        if flags & CoreDumpFlags.CRASH:
            guest.stop(self.host, ShutoffReason.CRASHED)


def _read(path: str) -> str:
    """The document in an image. Raises SystemCallError, InternalError for what is no image."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise errors.SystemCallError(f"cannot read domain image '{path}': {error.strerror}") from None
    if len(content) < len(_MAGIC):
        raise errors.InternalError(f"incomplete save header in '{path}'")
    if not content.startswith(_MAGIC):
        raise errors.InternalError("mismatched header magic")
    rest = content[len(_MAGIC) :]
    if len(rest) < 4:
        raise errors.SystemCallError(f"failed to read metadata length in '{path}': Success")
    length = unpack("=i", rest[:4])[0]
    if length < 1:
        raise errors.InternalError("length of metadata out of range")
    if len(rest) < 4 + length:
        raise errors.InternalError(f"incomplete metadata in '{path}'")
    return rest[4 : 4 + length].decode()


def _write(path: str, content: bytes, doing: str, *, plain: bool = False) -> None:
    try:
        files.write_whole(path, content)
    except OSError as error:
        raise errors.SystemCallError(f"{doing}{'' if plain else ': open failed'}: {error.strerror}") from None


def _text(value: Parameter | None) -> str | None:
    return None if value is None else str(value)
