"""The way of a document from a user's hand to a command line, and what may happen to it there.

Documents of other kinds than guests are read and stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.argv.documents import counting, qemu
from tests.fuzz.documents import others, project, within
from tests.fuzz.kind import Fault, Kind, fault, refused
from tests.fuzz.mutate import Mutator
from tests.xml.documents import ROOTS
from virshpy import errors
from virshpy.drivers.qemu.argv.build import command_line
from virshpy.drivers.qemu.argv.runtime import Runtime
from virshpy.drivers.qemu.postparse.aliases import assign_aliases
from virshpy.drivers.qemu.postparse.complete import postparse
from virshpy.drivers.qemu.postparse.validate import validate
from virshpy.xml.domain import Domain
from virshpy.xml.element import Element

CAPS = qemu()
STAGES = {
    "parse": "refused by the parser",
    "define": "refused by define",
    "argv": "refused on the way to argv",
    "started": "came to a command line",
    "stored": "were of other kinds, and stored",
}


def take(text: bytes) -> str:
    """How far a document comes: ``parse``, ``define``, ``argv`` (refused there) or ``started``. Raises Fault."""
    stage = "parse"
    kind = kind_of(text)
    try:
        if kind is not Domain:
            document = kind.parse(text.decode("utf-8", "surrogateescape"), inactive=True, warnings=[])
            again(document.format(inactive=True, secure=True), kind)
            return "stored"
        domain = Domain.parse(text.decode("utf-8", "surrogateescape"), inactive=True, warnings=[])
        if len(domain.format(inactive=True, secure=True)) > 10 << 20:
            return stage
        stage = "define"
        postparse(domain, CAPS, context=counting())
        validate(domain, CAPS)
        saved = domain.format(inactive=True, secure=True)
        again(saved)
        stage = "argv"
        assign_aliases(domain)
        runtime = Runtime(run_dir="/run/guest", master_key="/run/guest/key.aes", monitor_words=["-mon", "here"], id=1)
        command_line(domain, CAPS, runtime)
        domain.format()
    except errors.Error as error:
        refused(error)
        return stage
    except Fault:
        raise
    except Exception as error:
        raise fault(error) from error
    return "started"


def kind_of(text: bytes) -> type[Element]:
    """By the first tag in it; what is garbled may be a guest."""
    found = re.search(rb"<([a-z]+)", text)
    return ROOTS.get(found[1].decode(), Domain) if found else Domain


def again(saved: str, kind: type[Element] = Domain, *, inactive: bool = True) -> None:
    """What was stored, of a definition or (``inactive`` False) of a running guest, is what is read."""
    try:
        domain = kind.parse(saved)
    except errors.Error as error:
        raise Fault(f"stored, and then refused: {error}") from error
    if domain.format(inactive=inactive, secure=True) != saved:
        raise Fault("stored, and then read as something else")


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    return iter(Mutator(project() + others() + [text for folder in folders for text in within(folder)], seed))


DOCUMENTS = Kind("documents", "damaged documents", 20_000, _inputs, take, STAGES, ".xml")
