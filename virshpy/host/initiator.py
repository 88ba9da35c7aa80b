"""A short session with an iSCSI target, to ask questions: what targets a portal has, what units one has, how large.

The data is not read here: that is for QEMU's own initiator, or for the kernel's. Nothing is negotiated that only data
would need, a password is never seen by another process, and whoever does not answer is left after a few seconds
(RFC 7143; SPC-4 and SBC-3 for what is asked).
"""

from __future__ import annotations

import os
import struct
import time
from typing import NamedTuple

from virshpy import errors
from virshpy.host.signals import interruptible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

PORT = 3260
_LAST_PORT = 65535
PATIENCE = 5  # seconds for an answer
_LONGEST = 60  # seconds for all of a session, of a target that has many units and is far away
_NOBODY = 0xFFFFFFFF
_LARGEST = 1 << 24  # bytes of one answer
_ATTEMPTS = 5  # a unit first says that something has happened to it, and answers the next time
_AT_ONCE = 262144
# What is said, and what is heard.
_PING, _COMMAND, _LOGIN, _TEXT, _LOGOUT, _IMMEDIATE = 0x00, 0x01, 0x03, 0x04, 0x06, 0x40
_PINGED, _DONE, _LOGGED_IN, _TOLD, _DATA, _NOTED = 0x20, 0x21, 0x23, 0x24, 0x25, 0x32
_SECURITY, _OPERATIONAL, _FULL = 0, 1, 3  # the stages of a login
_STATUS = {
    0x0201: "Authentication failure", 0x0202: "Authorization failure", 0x0203: "Target not found",
    0x0204: "Target removed", 0x0205: "Unsupported version", 0x0206: "Too many connections",
    0x0207: "Missing parameter", 0x0209: "Session type not supported", 0x0300: "Target error",
    0x0301: "Service unavailable", 0x0302: "Out of resources",
}  # fmt: skip
# Only plain reads are to come: no digests, no second connection, no recovery of a session.
_OFFER = {
    "HeaderDigest": "None", "DataDigest": "None", "MaxRecvDataSegmentLength": str(_AT_ONCE), "DefaultTime2Wait": "0",
    "DefaultTime2Retain": "0", "ErrorRecoveryLevel": "0",
}  # fmt: skip
_OFFER_OF_DATA = {
    "InitialR2T": "Yes", "ImmediateData": "No", "MaxBurstLength": str(_AT_ONCE), "FirstBurstLength": "65536",
    "MaxOutstandingR2T": "1", "MaxConnections": "1", "DataPDUInOrder": "Yes", "DataSequenceInOrder": "Yes",
}  # fmt: skip


class Portal(NamedTuple):
    """Where a target is reached."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Login(NamedTuple):
    """As whom: the initiator's name, and for CHAP a user with a password."""

    initiator: str
    user: str | None = None
    password: bytes = b""


class Unit(NamedTuple):
    """A logical unit: ``size`` in bytes, 0 where it is no disk."""

    number: int
    size: int


class Unreachable(errors.InternalError):
    """internal error"""

    # Nobody answers at a portal.


class _Moved(Exception):
    """The target is at another portal."""


class _Answer(NamedTuple):
    header: bytes
    data: bytes

    @property
    def opcode(self) -> int:
        return self.header[0] & 0x3F

    def number(self, offset: int) -> int:
        return int.from_bytes(self.header[offset : offset + 4], "big")


def targets(portal: Portal, login: Login) -> list[str]:
    """The names of the targets that a portal tells. Raises Unreachable, InternalError."""
    with _Session(portal, login, None) as session:
        told = session.ask_text({"SendTargets": "All"})
    return sorted({value for key, value in told if key == "TargetName"})


def units(portal: Portal, login: Login, target: str) -> list[Unit]:
    """The logical units of a target, by their numbers. Raises Unreachable, InternalError."""
    with _Session(portal, login, target) as session:
        return [Unit(number, session.size(number)) for number in sorted(session.numbers())]


def require_answer(portal: Portal) -> None:
    """Raise Unreachable where nobody listens at a portal."""
    _connected(portal, time.monotonic() + PATIENCE).close()


def _connected(portal: Portal, until: float) -> socket.socket:
    import socket

    why = "there is no such port"  # the resolver would take it for a smaller one
    if portal.port <= _LAST_PORT:
        with interruptible():
            try:
                return socket.create_connection(portal, max(until - time.monotonic(), 0.1))
            except UnicodeError:
                why = "no host has such a name"
            except OSError as error:
                why = error.strerror or str(error) or "Connection timed out"
    raise Unreachable(
        f"Failed to connect: {portal}: {why}",
        hint="is the server up, is it the right address, does a firewall let us through?",
    )


class _Session:
    """A login that lasts as long as the context. Without a target it is good for discovery."""

    def __init__(self, portal: Portal, login: Login, target: str | None) -> None:
        self.portal = portal
        self.login = login
        self.target = target
        self._end = time.monotonic() + _LONGEST
        self._until = time.monotonic() + PATIENCE
        self._task = self._command = 0
        self._expected = 0  # the number that the target's next status will have

    def __enter__(self) -> _Session:
        try:
            self._begin()
        except _Moved as moved:
            self._socket.close()
            self.portal = _portal(str(moved))
            try:
                self._begin()
            except _Moved:
                raise _malformed(self.portal, "it sends us on again and again") from None
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._send(_LOGOUT | _IMMEDIATE, 0x80)
        except errors.Error:
            pass  # it sees that we are gone
        self._socket.close()

    # logging in
    def _begin(self) -> None:
        self._socket = _connected(self.portal, self._until)
        self._session = bytes([0x80, *os.urandom(5)])
        try:
            self._prove()
            told = self._negotiate(_OPERATIONAL, _OFFER if self.target is None else _OFFER | _OFFER_OF_DATA)
            for _ in range(_ATTEMPTS):
                if told.header[1] & 0x83 == 0x80 | _FULL:
                    self._command = told.number(28)
                    return
                told = self._negotiate(_OPERATIONAL, {})
            raise _malformed(self.portal, "a login has no end")
        except BaseException:
            self._socket.close()
            raise

    def _prove(self) -> None:
        """Say who we are."""
        kind = "Discovery" if self.target is None else "Normal"
        say = {"InitiatorName": self.login.initiator, "SessionType": kind}
        say |= {} if self.target is None else {"TargetName": self.target}
        if self.login.user is None:
            self._negotiate(_SECURITY, say | {"AuthMethod": "None"})
            return
        told = self._negotiate(_SECURITY, say | {"AuthMethod": "CHAP,None"}, more=True)
        say = {}
        if dict(_pairs(told.data)).get("AuthMethod") == "CHAP":
            challenge = dict(_pairs(self._negotiate(_SECURITY, {"CHAP_A": "5"}, more=True).data))
            try:
                number, text = int(challenge["CHAP_I"]), _binary(challenge["CHAP_C"])
            except (KeyError, ValueError):
                text = b""
            if not text:
                raise _malformed(self.portal, "a challenge is none")
            from hashlib import md5  # what the protocol has: nothing is kept safe by it but this one login

            proof = md5(bytes([number & 0xFF]) + self.login.password + text, usedforsecurity=False).hexdigest()
            say = {"CHAP_N": self.login.user, "CHAP_R": f"0x{proof}"}
        self._negotiate(_SECURITY, say)

    def _negotiate(self, stage: int, say: dict[str, str], *, more: bool = False) -> _Answer:
        """One exchange of a stage, which it ends unless there is ``more`` to say."""
        following = {_SECURITY: _OPERATIONAL, _OPERATIONAL: _FULL}[stage]
        flags = stage << 2 | (0 if more else 0x80 | following)
        self._send(_LOGIN | _IMMEDIATE, flags, self._session + bytes(2), data=_text(say))
        heard = self._hear(_LOGGED_IN)
        status = int.from_bytes(heard.header[36:38], "big")
        if status >> 8 == 1:
            raise _Moved(dict(_pairs(heard.data)).get("TargetAddress", ""))
        if status:
            why = _STATUS.get(status, "refused")
            hint = {0x02: "is it the right user, password, initiator and target?"}.get(status >> 8)
            detail = f"Failed to login: Failed to log in to target. Status: {why}({status})"
            raise errors.InternalError(detail, hint=hint)
        return heard

    # asking
    def ask_text(self, say: dict[str, str]) -> list[tuple[str, str]]:
        """All pairs of an answer in text."""
        told, tag = b"", _NOBODY
        while True:
            self._send(_TEXT, 0x80, following=struct.pack(">I", tag), data=_text(say))
            heard = self._hear(_TOLD)
            self._command += 1
            told += heard.data
            tag, say = heard.number(20), {}
            if tag == _NOBODY:
                return list(_pairs(told))
            if len(told) > _LARGEST:
                raise _malformed(self.portal, "an answer has no end")

    def numbers(self) -> list[int]:
        """Of all units (REPORT LUNS)."""
        told = self._command_data(0, struct.pack(">B5xI2x", 0xA0, _AT_ONCE), _AT_ONCE) or b""
        if len(told) < 8:
            raise _malformed(self.portal, "it does not tell its units")
        end = min(8 + int.from_bytes(told[:4], "big"), len(told) // 8 * 8)
        # A number below 256 is in the second byte; a larger one has six more bits in the first.
        return [(told[at] & 0x3F) << 8 | told[at + 1] for at in range(8, end, 8)]

    def size(self, unit: int) -> int:
        """Bytes of a unit; 0 where it is no disk."""
        told = self._command_data(unit, struct.pack(">B3xBx", 0x12, 36), 36)  # INQUIRY
        if not told or told[0] != 0:
            return 0
        told = self._command_data(unit, struct.pack(">BB8xI2x", 0x9E, 0x10, 32), 32)  # READ CAPACITY (16)
        if told and len(told) >= 12:
            last, block = struct.unpack_from(">QI", told)
            return int((last + 1) * block)
        told = self._command_data(unit, struct.pack(">B9x", 0x25), 8)  # READ CAPACITY (10)
        if told and len(told) >= 8:
            last, block = struct.unpack(">II", told[:8])
            return int((last + 1) * block)
        return 0

    def _command_data(self, unit: int, command: bytes, length: int) -> bytes | None:
        """What a unit answers to a command; None where it cannot do that."""
        for _ in range(_ATTEMPTS):
            number = struct.pack(">H6x", unit if unit < 256 else 0x4000 | unit)
            rest = struct.pack(">I", length), command.ljust(16, b"\0")
            self._send(_COMMAND, 0x80 | 0x40 | 1, number, following=rest[0], last=rest[1])
            data, status, sense = self._gather()
            self._command += 1
            if status == 0:
                return data
            if status == 2 and (len(sense) < 5 or sense[4] & 0xF != 6):
                return None
        return None

    def _gather(self) -> tuple[bytes, int, bytes]:
        """(data, status, sense) of a command."""
        data = bytearray()
        while True:
            heard = self._hear(_DATA, _DONE)
            if heard.opcode == _DONE:
                return bytes(data), heard.header[3] if heard.header[2] == 0 else 8, heard.data
            data += heard.data
            if len(data) > _LARGEST:
                raise _malformed(self.portal, "an answer has no end")
            if heard.header[1] & 1:
                return bytes(data), heard.header[3], b""

    # the wire
    def _send(
        self, opcode: int, flags: int, subject: bytes = bytes(8), *, following: bytes = bytes(4), data: bytes = b"",
        last: bytes = bytes(16), task: int | None = None,
    ) -> None:  # fmt: skip
        """One message: a header of 48 bytes, and data to a multiple of four."""
        self._task = (self._task + 1) & 0x7FFFFFFF if task is None else self._task
        head = struct.pack(">BB2xI", opcode, flags, len(data)) + subject
        head += struct.pack(">I", self._task if task is None else task) + following
        head += struct.pack(">II", self._command & _NOBODY, self._expected & _NOBODY) + last
        with interruptible():
            try:
                self._socket.settimeout(max(self._until - time.monotonic(), 0.1))
                self._socket.sendall(head + data + bytes(-len(data) % 4))
            except OSError as error:
                raise self._lost(error) from None

    def _hear(self, *wanted: int) -> _Answer:
        """The next message of these kinds. What the target says beside is answered, or passed over."""
        while True:
            header = self._read(48)
            if header[0] & 0x3F not in (*wanted, _PINGED, _NOTED):
                raise _malformed(self.portal, f"0x{header[0]:02x} is no answer")
            length = int.from_bytes(header[5:8], "big")
            self._read(header[4] * 4)
            heard = _Answer(header, self._read(length + -length % 4)[:length])
            if heard.opcode in wanted:
                self._until = min(time.monotonic() + PATIENCE, self._end)
                if heard.opcode != _DATA or header[1] & 1:
                    self._expected = heard.number(24) + 1
                return heard
            if heard.opcode == _PINGED and heard.number(20) != _NOBODY:
                tag = header[20:24]
                self._send(_PING | _IMMEDIATE, 0x80, header[8:16], following=tag, data=heard.data, task=_NOBODY)

    def _read(self, count: int) -> bytes:
        data = bytearray()
        with interruptible():
            while len(data) < count:
                try:
                    self._socket.settimeout(max(self._until - time.monotonic(), 0.001))
                    piece = self._socket.recv(count - len(data))
                except OSError as error:
                    raise self._lost(error) from None
                if not piece:
                    raise self._lost(ConnectionResetError(104, os.strerror(104)))
                data += piece
        return bytes(data)

    def _lost(self, error: OSError) -> errors.Error:
        why = error.strerror or "Connection timed out"
        return Unreachable(f"Failed to connect: {self.portal}: {why}", hint="is there an iSCSI target at that port?")


def _text(say: dict[str, str]) -> bytes:
    return b"".join(f"{key}={value}\0".encode(errors="surrogateescape") for key, value in say.items())


def _pairs(data: bytes) -> Iterator[tuple[str, str]]:
    for pair in data.split(b"\0"):
        key, equals, value = pair.decode(errors="replace").partition("=")
        if equals:
            yield key, value


def _binary(text: str) -> bytes:
    """What the protocol writes as 0x and hexadecimal digits, or as 0b and base64. Raises ValueError."""
    if text[:2].lower() == "0x":
        return bytes.fromhex(text[2:] if len(text) % 2 == 0 else f"0{text[2:]}")
    if text[:2].lower() == "0b":
        from binascii import a2b_base64

        return a2b_base64(text[2:])
    if not text.isascii() or not text.isdecimal():
        raise ValueError(text)
    return int(text).to_bytes((int(text).bit_length() + 7) // 8, "big")


def _portal(address: str) -> Portal:
    """Of a target that has moved: ``address:port,group``."""
    host, _, port = address.partition(",")[0].rpartition(":")
    if not host or not port.isdecimal() or len(port) > len(str(_LAST_PORT)):
        host, port = address.partition(",")[0], str(PORT)
    return Portal(host.strip("[]"), int(port))


def _malformed(portal: Portal, what: str) -> errors.Error:
    return errors.InternalError(f"{portal} does not speak iSCSI as it should: {what}", hint="see that server's own log")
