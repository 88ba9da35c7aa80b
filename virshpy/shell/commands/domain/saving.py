"""Saving the state of a domain, restoring it, dumping it; pictures of its screen."""

from __future__ import annotations

from virshpy.enums import CoreDumpFlags, CoreDumpFormat, SaveRestoreFlags
from virshpy.shell.commands.domain.options import DOMAIN, DOMAIN_LATE, RUNNING
from virshpy.shell.failure import Failure, Spoken, failing
from virshpy.shell.lang.command import Exclusive, Reads, argument, command, flag, option
from virshpy.shell.lang.types import AnyChoice, DomainType, File, Path, UInt
from virshpy.shell.nouns.options import WRAP, XPATH_FIRST, call, security_info, selected
from virshpy.shell.render.results import Document, Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

_S = SaveRestoreFlags
_BYPASS = flag("bypass-cache", "keep it out of the host's page cache", adds=_S.BYPASS_CACHE)
_STATE = (flag("running", "restore it running", adds=_S.RUNNING), flag("paused", "restore it paused", adds=_S.PAUSED))
_STATE_CLASH = (Exclusive("running", "paused"),)
_VERBOSE = flag("verbose", "show progress")
_SECURE = security_info(1)
_ALTERED = option("xml", File(), "file with XML that it is restored with")


def _state(args: Arguments) -> int:
    """The flags of a saved state. Raises Failure for both ways at once, in the words of libvirt's API."""
    if "running" in args and "paused" in args:
        raise Spoken("Flags 'VIR_DOMAIN_SAVE_RUNNING' and 'VIR_DOMAIN_SAVE_PAUSED' are mutually exclusive")
    return args.flags


@command(
    "save",
    "save a domain's state to a file, and stop it",
    "Write a domain's memory to a file and stop it; restore continues it.",
    (DOMAIN, argument("file", Path(), "file to write"), _BYPASS, _ALTERED, *_STATE, _VERBOSE),
    examples=(("save test /var/tmp/test.sav", "then: restore /var/tmp/test.sav"),),
    returns="message domain file",
)
def save(domain: Domain, file: str, xml: str | None, args: Arguments) -> Iterable[Result]:
    with failing(f"Failed to save domain '{args.text('domain')}' to {file}"):
        flags = _state(args)
    with failing(f"Failed to save domain '{args.text('domain')}' to {file}"):
        yield from _job("Save", domain, lambda: call(domain.save, _absolute(file), xml, flags=flags), args)
    yield Message(f"\nDomain '{args.text('domain')}' saved to {file}", domain=domain.name, file=file)


def _job(label: str, domain: Domain, work: Callable[[], object], args: Arguments) -> Iterable[Result]:
    from virshpy.shell.progress import domain_job

    return domain_job(label, domain, work, asked="verbose" in args)


def _absolute(path: str) -> str:
    """The driver may look at files from elsewhere."""
    import os

    return os.path.abspath(path)


@command(
    "restore",
    "restore a domain from a file",
    "Start a domain from a file written by save; the guest continues where it was.",
    (argument("file", Path(), "file to read"), _BYPASS, _ALTERED, *_STATE,
     flag("reset-nvram", "start with a fresh NVRAM", adds=_S.RESET_NVRAM)),
    examples=(("restore /var/tmp/test.sav", "where it was"),),
    returns="message file",
)  # fmt: skip
def restore(session: Session, file: str, xml: str | None, args: Arguments) -> Message:
    with failing(f"Failed to restore domain from {file}"):
        flags = _state(args)
    with failing(f"Failed to restore domain from {file}"):
        call(session.connection.restore, _absolute(file), xml, flags=flags)
    return Message(f"Domain restored from {file}", file=file)


@command(
    "managedsave",
    "save a domain's state for its next start",
    "Save a domain's memory and stop it. Its next start continues from there.",
    (DOMAIN, _BYPASS, *_STATE, _VERBOSE),
    examples=(("managedsave test", "before the host is rebooted"),),
    returns="message domain",
)
def managedsave(domain: Domain, args: Arguments) -> Iterable[Result]:
    with failing(f"Failed to save domain '{args.text('domain')}' state"):
        flags = _state(args)
        yield from _job("Managedsave", domain, lambda: domain.managed_save(flags=flags), args)
    yield Message(f"\nDomain '{args.text('domain')}' state saved by libvirt", domain=domain.name)


@command(
    "managedsave-remove",
    "remove a domain's managed save image",
    "Remove the managed save image, so that the next start boots the guest.",
    (argument("domain", DomainType(), "name, id or UUID of a domain"),),
    examples=(("managedsave-remove test", "so that it boots anew"),),
    returns="message domain removed",
)
def managedsave_remove(domain: Domain, args: Arguments) -> Message:
    typed = args.text("domain")
    with failing("Failed to check for domain managed save image"):
        present = domain.has_managed_save()
    if not present:
        text = f"Domain '{typed}' has no manage save image; removal skipped"
        return Message(text, end="", domain=domain.name, removed=False)
    with failing(f"Failed to remove managed save image for domain '{typed}'"):
        domain.managed_save_remove()
    return Message(f"Removed managedsave image for domain '{typed}'", end="", domain=domain.name, removed=True)


@command(
    "managedsave-dumpxml",
    "print the XML of a managed save image",
    "Print the XML in a domain's managed save image.",
    (DOMAIN, _SECURE, XPATH_FIRST, WRAP),
    examples=(("managedsave-dumpxml test --xpath //disk/source", "which files it will want"),),
    returns="xml",
)
def managedsave_dumpxml(domain: Domain, flags: int, args: Arguments) -> Document:
    return selected(domain.managed_save_xml_desc(flags=flags), args)


@command(
    "managedsave-define",
    "replace the XML of a managed save image",
    "Replace the XML in a domain's managed save image.",
    (DOMAIN_LATE, argument("xml", File(), "file with the XML"), *_STATE),
    constraints=_STATE_CLASH,
    examples=(("managedsave-define test moved.xml", "its disks are somewhere else now"),),
    returns="message domain",
)
def managedsave_define(xml: str, args: Arguments) -> Message:
    domain: Domain = args["domain"]
    typed = domain.name
    with failing(f"Failed to update {typed} XML configuration"):
        domain.managed_save_define_xml(xml, flags=_state(args))
    return Message(f"Managed save state file of domain '{typed}' updated.", domain=domain.name)


@command(
    "managedsave-edit",
    "edit the XML of a managed save image",
    "Open the XML in a domain's managed save image in $VISUAL or $EDITOR.",
    (DOMAIN, *_STATE),
    constraints=_STATE_CLASH,
    examples=(("managedsave-edit test --paused", "and have it paused then"),),
    returns="message domain changed",
)
def managedsave_edit(domain: Domain, flags: int) -> Message:
    def define(text: str) -> bool:
        domain.managed_save_define_xml(text, flags=flags)
        return True

    from virshpy.shell.editor import edit_document

    edited = edit_document(lambda: domain.managed_save_xml_desc(flags=1), define)
    if edited is None:
        text = f"Managed save image of domain '{domain.name}' XML configuration not changed."
        return Message(text, domain=domain.name, changed=False)
    text = f"Managed save image of Domain '{domain.name}' XML configuration edited."
    return Message(text, domain=domain.name, changed=True)


_IMAGE = argument("file", Path(), "file written by save")


@command(
    "save-image-dumpxml",
    "print the XML in a file written by save",
    "Print the XML that a domain would be restored with.",
    (_IMAGE, _SECURE, XPATH_FIRST, WRAP),
    examples=(("save-image-dumpxml /var/tmp/test.sav", "which domain it is"),),
    returns="xml",
)
def save_image_dumpxml(session: Session, file: str, flags: int, args: Arguments) -> Document:
    return selected(session.connection.save_image_xml_desc(file, flags=flags), args)


@command(
    "save-image-define",
    "change the XML in a file written by save, from a file",
    "Replace the XML that a domain would be restored with.",
    (_IMAGE, argument("xml", File(), "file with the XML"), *_STATE),
    examples=(("save-image-define /var/tmp/test.sav moved.xml", "its disks are somewhere else now"),),
    returns="message file",
)
def save_image_define(session: Session, file: str, xml: str, args: Arguments) -> Message:
    with failing(f"Failed to update {file}"):
        session.connection.save_image_define_xml(file, xml, flags=_state(args))
    return Message(f"State file {file} updated.", file=file)


@command(
    "save-image-edit",
    "change the XML in a file written by save in an editor",
    "Open the XML that a domain would be restored with in $VISUAL or $EDITOR.",
    (_IMAGE, *_STATE),
    constraints=_STATE_CLASH,
    examples=(("save-image-edit /var/tmp/test.sav", "its disks are somewhere else now"),),
    returns="message file changed",
)
def save_image_edit(session: Session, file: str, flags: int) -> Message:
    connection = session.connection

    def define(text: str) -> bool:
        connection.save_image_define_xml(file, text, flags=flags)
        return True

    from virshpy.shell.editor import edit_document

    if edit_document(lambda: connection.save_image_xml_desc(file, flags=1), define) is None:
        return Message(f"Saved image {file} XML configuration not changed.", file=file, changed=False)
    return Message(f"State file {file} edited.", file=file, changed=True)


# dumps
_FORMATS = {
    "elf": CoreDumpFormat.RAW,
    "kdump-zlib": CoreDumpFormat.KDUMP_ZLIB,
    "kdump-lzo": CoreDumpFormat.KDUMP_LZO,
    "kdump-snappy": CoreDumpFormat.KDUMP_SNAPPY,
    "win-dmp": CoreDumpFormat.WIN_DMP,
}
_D = CoreDumpFlags


@command(
    "dump",
    "write a domain's memory to a file for a debugger",
    "Write the memory of a domain to a file.",
    (
        DOMAIN,
        argument("file", Path(), "file to write"),
        flag("live", "while the domain runs on", adds=_D.LIVE),
        flag("crash", "crash the domain afterwards", adds=_D.CRASH),
        flag("bypass-cache", "keep it out of the host's page cache", adds=_D.BYPASS_CACHE),
        flag("reset", "reset the domain afterwards", adds=_D.RESET),
        _VERBOSE,
        flag("memory-only", "memory and registers only, as crash(8) reads them", adds=_D.MEMORY_ONLY),
        option("format", AnyChoice(*_FORMATS), "format of a dump of memory only"),
    ),
    examples=(("dump test /var/tmp/test.core --memory-only --live", "without stopping it"),),
    returns="message domain file",
)
def dump(domain: Domain, file: str, format: str | None, flags: int, args: Arguments) -> Iterable[Result]:
    if format is not None and "memory-only" not in args:
        raise Failure("--format only works with --memory-only")
    if format and format not in _FORMATS:
        raise Failure(
            f"format '{format}' is not supported, expecting 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', 'win-dmp' or "
            "'elf'"
        )
    number = _FORMATS[format] if format else CoreDumpFormat.RAW
    for one, other in (("crash", "live"), ("crash", "reset"), ("live", "reset")):
        if one in args and other in args:
            clash = Spoken(f"Flags 'VIR_DUMP_{one.upper()}' and 'VIR_DUMP_{other.upper()}' are mutually exclusive")
            raise Failure(f"Failed to core dump domain '{args.text('domain')}' to {file}", clash)
    with failing(f"Failed to core dump domain '{args.text('domain')}' to {file}"):
        yield from _job(
            "Dump", domain, lambda: domain.core_dump_with_format(_absolute(file), number, flags=flags), args
        )
    yield Message(f"\nDomain '{args.text('domain')}' dumped to {file}", domain=domain.name, file=file)


_SUFFIXES = {"image/png": ".png", "image/x-portable-pixmap": ".ppm"}


@command(
    "screenshot",
    "take a screenshot of a domain",
    "Write a screenshot of a domain to a file.",
    (
        RUNNING,
        option("file", Path(), "file to write (default: a name with the time)"),
        option("screen", UInt(), "number of a screen"),
    ),
    constraints=(Reads("file", "screen"),),
    examples=(("screenshot test now.png", "what it shows now"),),
    returns="message file mime_type",
)
def screenshot(domain: Domain, file: str | None, screen: int | None, args: Arguments) -> Message:
    from virshpy.shell.userfiles import save as write

    with failing(f"could not take a screenshot of {args.text('domain')}"):
        kind, picture = domain.screenshot(screen or 0)
    path = file
    if not path:
        from time import localtime, strftime

        path = f"{domain.name}-{strftime('%Y-%m-%d-%H:%M:%S', localtime())}{_SUFFIXES.get(kind, '')}"
    try:
        write(path, [picture])
    except OSError:
        raise Failure(f"cannot create file {path}", kind="failed") from None
    return Message(f"Screenshot saved to {path}, with type of {kind}", end="", file=path, mime_type=kind)
