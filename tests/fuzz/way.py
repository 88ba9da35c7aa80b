"""The way of a document from a user's hand to a command line, and what may happen to it there."""

from __future__ import annotations

import time
import traceback

from tests.argv.documents import counting, qemu
from virshpy import errors
from virshpy.drivers.qemu.argv import Runtime, command_line
from virshpy.drivers.qemu.postparse import assign_aliases, postparse, validate
from virshpy.xml.domain import Domain

CAPS = qemu()
SLOW = 1.0
"""Seconds that no document may take."""


class Fault(Exception):
    """What must not happen: an exception that is no error of ours, or a stored definition that can't be read again."""


def take(text: bytes) -> str:
    """How far a document comes: ``parse``, ``define``, ``argv`` (refused there) or ``started``. Raises Fault."""
    stage = "parse"
    try:
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
        if not str(error):
            raise Fault(f"an error without words: {error!r}") from error
        return stage
    except Fault:
        raise
    except Exception as error:
        raise Fault("".join(traceback.format_exception(error)[-3:])) from error
    return "started"


def again(saved: str) -> None:
    """What was stored is what the next start reads."""
    try:
        domain = Domain.parse(saved)
    except errors.Error as error:
        raise Fault(f"stored, and then refused: {error}") from error
    if domain.format(inactive=True, secure=True) != saved:
        raise Fault("stored, and then read as something else")


def timed(text: bytes) -> tuple[str, float]:
    begin = time.perf_counter()
    outcome = take(text)
    return outcome, time.perf_counter() - begin
