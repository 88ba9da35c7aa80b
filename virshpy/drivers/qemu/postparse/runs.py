"""What a run left in a document that comes back to be defined: the paths that were made up for that one run."""

from __future__ import annotations

import re

_OURS = re.compile(r"/(.*/)?(run|virshpy)/guests/[0-9]+/(own/)?[^/]+").fullmatch
_LIBVIRTS = re.compile(r"/var/lib/libvirt/qemu/.*").fullmatch
_LIBVIRTS_CHANNEL = re.compile(r"/.*/qemu/channel/target/([^/]+\.|domain-[^/]+/)[^/]*").fullmatch


def is_of_a_run(path: str) -> bool:
    """Whether a path is one of those that virshpy makes up at start, in the directory of one run."""
    return _OURS(path) is not None


def is_of_a_run_of_libvirt(path: str) -> bool:
    """The same of libvirt's."""
    return _LIBVIRTS(path) is not None


def is_channel_of_a_run(path: str) -> bool:
    """Whether the socket of a channel was made up at start, by either: it is made up again."""
    return is_of_a_run(path) or _LIBVIRTS_CHANNEL(path) is not None
