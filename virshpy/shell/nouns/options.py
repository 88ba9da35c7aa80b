"""Options that commands about several kinds of object have, each declared once, and what they do to a call."""

from __future__ import annotations

from virshpy.shell.failure import Failure
from virshpy.shell.lang.command import Exclusive, flag, option
from virshpy.shell.lang.types import Type
from virshpy.shell.render.results import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from virshpy.shell.lang.command import Arguments, Option

    T = TypeVar("T")


class XPath(Type):
    """An XPath expression; of an empty one virsh says nothing."""

    empty_ok = True

    def convert(self, text: str, name: str) -> str:
        if not text:
            raise Failure(None)
        return text


def _xpath(*, late: bool) -> Option:
    return option("xpath", XPath(), "print only what this XPath expression selects", named_only=True, late=late)


XPATH, XPATH_FIRST = _xpath(late=True), _xpath(late=False)  # looked at when there is a document, or before
WRAP = flag("wrap", "put what was selected into one root element")
PRINT_XML = flag("print-xml", "print the XML, and do nothing")
IMPACT_CLASHES = (Exclusive("current", "live"), Exclusive("current", "config"))


def selected(text: str, args: Arguments) -> Document:
    """A document, or the part of it that --xpath (and --wrap) select."""
    if "xpath" not in args:
        return Document(text)
    from virshpy.xml.xpath import select, wrap

    if "wrap" in args:
        return Document(wrap(text, args["xpath"]))
    return Document("".join(part + "\n" for part in select(text, args["xpath"])))


def validate(adds: int) -> Option:
    """--validate; each kind of document has a flag of its own for it."""
    return flag("validate", "refuse XML that the schema does not know", adds=adds)


def inactive(adds: int) -> Option:
    """--inactive of a document; each kind of object has a flag of its own for it."""
    return flag("inactive", "the definition, which the next start uses", adds=adds)


def security_info(adds: int) -> Option:
    """--security-info; each kind of document has a flag of its own for it."""
    return flag("security-info", "include passwords and other secrets", adds=adds)


def impact(word: str) -> tuple[Option, Option, Option]:
    """--config, --live and --current, which stand for the same numbers in every kind of object."""
    from virshpy.enums import ModificationImpact

    return (
        flag("config", "act on the definition, which the next start uses", adds=ModificationImpact.CONFIG),
        flag("live", f"act on the running {word}", adds=ModificationImpact.LIVE),
        flag("current", f"act on the running {word} if it runs, else on the definition"),
    )


def changed(handle: Any, args: Arguments) -> str:
    """The parts of an object that a change by these options was made to, in virsh's words."""
    live = "live" in args or ("config" not in args and handle.is_active())
    parts = (("persistent config", "config" in args or not live), ("live state", live))
    return " and ".join(part for part, true in parts if true)


def call(method: Callable[..., T], *arguments: Any, flags: int) -> T:
    """A method called with flags where some were given: not every one takes them."""
    return method(*arguments, flags=flags) if flags else method(*arguments)
