"""Connection URIs: ``driver[+transport]://[user@][host][:port]/[path][?parameters]``, and which one none means."""

from __future__ import annotations

import os

from virshpy import errors

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_WORD = _LETTERS | frozenset("0123456789")
_HEX = frozenset("0123456789ABCDEFabcdef")


class URI:
    """A parsed URI. ``path`` and ``parameters`` are decoded; ``str()`` gives back what was given."""

    __slots__ = ("text", "scheme", "transport", "user", "host", "port", "path", "parameters")

    def __init__(self, text: str) -> None:
        scheme, colon, rest = text.partition(":")
        scheme, plus, transport = scheme.partition("+")
        if not (colon and _is_name(scheme) and (_WORD.issuperset(transport) if transport else not plus)):
            raise _refusal(text)
        self.text = text
        self.scheme = scheme.lower()
        self.transport = transport or None
        rest, _, query = rest.partition("#")[0].partition("?")
        authority = ""
        if rest.startswith("//"):
            authority, slash, path = rest[2:].partition("/")
            rest = slash + path
        user, at, place = authority.partition("@")
        self.user = user if at else None
        self.host, self.port = _host_and_port(place if at else user, text)
        try:
            self.path = _unquoted(rest)
            pairs = (pair.partition("=") for pair in query.replace(";", "&").split("&") if pair)
            self.parameters = {_unquoted(key): _unquoted(value) for key, _, value in pairs}
        except ValueError:
            raise _refusal(text) from None

    def __str__(self) -> str:
        return self.text


def default_uri() -> str:
    """The URI when none is named: the environment's, then the system's for root and the user's own for others."""
    for variable in ("VIRSHPY_DEFAULT_URI", "VIRSH_DEFAULT_CONNECT_URI", "LIBVIRT_DEFAULT_URI"):
        if value := os.environ.get(variable):
            return value
    return "qemu:///system" if os.geteuid() == 0 else "qemu:///session"


def _refusal(text: str) -> errors.Error:
    hint = "a URI looks like qemu:///system or qemu:///embed?root=/path"
    if text and (_WORD | set("_./-")).issuperset(text):
        return errors.NoConnect(f"URI '{text}' does not include a driver name", hint=hint)
    return errors.InternalError(f"Unable to parse URI {text}", hint=hint)


def _is_name(scheme: str) -> bool:
    return scheme[:1] in _LETTERS and (_WORD | set(".-")).issuperset(scheme)


def _host_and_port(place: str, text: str) -> tuple[str, int | None]:
    """``host``, ``host:port`` or ``[address]:port`` as its two halves."""
    host, bracket, rest = place.partition("]")
    if not bracket:
        host, colon, rest = place.partition(":")
        rest = colon + rest
    if bool(bracket) != host.startswith("[") or "@" in place or (rest and not rest.startswith(":")):
        raise _refusal(text)
    port = rest[1:]
    if port and not (port.isascii() and port.isdigit() and len(port) < 10):
        raise _refusal(text)
    return host + bracket, int(port) if port else None


def _unquoted(text: str) -> str:
    """``%20`` and its like as the byte meant; a ``%00`` is the end. Raises ValueError where two hexadecimal digits do
    not follow."""
    if "%" not in text:
        return text
    first, *coded = text.encode(errors="surrogateescape").split(b"%")
    for piece in coded:
        digits = piece[:2].decode("latin-1")
        if len(digits) != 2 or not _HEX.issuperset(digits):
            raise ValueError(text)
        first += bytes.fromhex(digits) + piece[2:]
    return first.partition(b"\0")[0].decode(errors="surrogateescape")
