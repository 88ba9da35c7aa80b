"""A domain as a command line of its hypervisor, and back."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Exclusive, Reads, argument, command, option
from virshpy.shell.lang.types import Choice, DomainType, File, Path
from virshpy.shell.render.results import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.session import Session

_FORMAT = Choice("qemu-argv")


@command(
    "domxml-to-native",
    "print a domain as its hypervisor's command line",
    "Print what starts a domain, or one with this XML, without virshpy.",
    (
        argument("format", _FORMAT, "form of the output: qemu-argv"),
        option("domain", DomainType(), "name, id or UUID of a domain", named_only=True),
        option("xml", Path(), "file with a domain's XML"),
    ),
    constraints=(Reads("format", "xml"), Exclusive("domain", "xml")),
    examples=(
        ("domxml-to-native qemu-argv --domain web", "the command line that a start would run"),
        ("domxml-to-native qemu-argv --xml web.xml", "the same of a document"),
    ),
    returns="native",
)
def domxml_to_native(session: Session, format: str, domain: Domain | None, args: Arguments) -> Document:
    if domain is not None:
        xml = domain.xml_desc()
    elif args["xml"] is not None:
        xml = File().resolve(args["xml"], "xml", session)
    else:
        raise Failure("need either domain or domain XML")
    text = session.connection.domain_xml_to_native(format, xml)
    return Document(text, key="native", language="text")


@command(
    "domxml-from-native",
    "turn a hypervisor's command line into XML",
    "Print the XML of a domain that is described in its hypervisor's own form: a command line of QEMU's.",
    (argument("format", _FORMAT, "form of the input: qemu-argv"), argument("config", File(), "file to read")),
    examples=(("domxml-from-native qemu-argv web.args", "XML out of a command line in a file"),),
    returns="xml",
)
def domxml_from_native(session: Session, format: str, config: str) -> Document:
    return Document(session.connection.domain_xml_from_native(format, config))
