"""Connection URIs: ``driver[+transport]://[user@][host][:port]/[path][?parameters]``, and which one none means."""

from __future__ import annotations

import os
import re

from virshpy import errors

_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9.-]*)(?:\+(?P<transport>[A-Za-z0-9]+))?:"
    r"(?://(?:(?P<user>[^@/?]*)@)?(?P<host>\[[^]]*\]|[^:/?#]*)(?::(?P<port>\d+))?)?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?$"
)


class URI:
    """A parsed URI. ``parameters`` is the decoded query; ``str()`` gives back what was given."""

    __slots__ = ("text", "scheme", "transport", "user", "host", "port", "path", "parameters")

    def __init__(self, text: str) -> None:
        match = _URI.match(text)
        if match is None:
            hint = "a URI looks like qemu:///system or qemu:///embed?root=/path"
            if re.fullmatch(r"[\w./-]+", text):
                raise errors.NoConnect(f"URI '{text}' does not include a driver name", hint=hint)
            raise errors.InternalError(f"Unable to parse URI {text}", hint=hint)
        self.text = text
        self.scheme = match["scheme"].lower()
        self.transport = match["transport"]
        self.user = match["user"]
        self.host = match["host"] or ""
        self.port = int(match["port"]) if match["port"] else None
        self.path = match["path"]
        pairs = (pair.partition("=") for pair in re.split("[&;]", match["query"] or "") if pair)
        self.parameters = {_unquote(key): _unquote(value) for key, _, value in pairs}

    def __str__(self) -> str:
        return self.text


def default_uri() -> str:
    """The URI when none is named: the environment's, then the system's for root and the user's own for others."""
    for variable in ("VIRSHPY_DEFAULT_URI", "VIRSH_DEFAULT_CONNECT_URI", "LIBVIRT_DEFAULT_URI"):
        if value := os.environ.get(variable):
            return value
    return "qemu:///system" if os.geteuid() == 0 else "qemu:///session"


def _unquote(text: str) -> str:
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    return raw.decode(errors="surrogateescape")
