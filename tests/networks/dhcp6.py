"""A client of DHCPv6 as small as can be: asks on eth0 for one address, and prints it. Run it in a guest's namespace.

Usage: dhcp6.py DUID-IN-HEX [NAME]
"""

from __future__ import annotations

import os
import socket
import struct
import sys

_SERVERS = "ff02::1:2"
_ADVERTISE, _REPLY = 2, 7


def option(number: int, content: bytes) -> bytes:
    return struct.pack("!HH", number, len(content)) + content


def options(content: bytes) -> dict[int, bytes]:
    found = {}
    while len(content) >= 4:
        number, length = struct.unpack("!HH", content[:4])
        found[number] = content[4 : 4 + length]
        content = content[4 + length :]
    return found


def main() -> int:
    duid = bytes.fromhex(sys.argv[1])
    index = socket.if_nametoindex("eth0")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.bind(("::", 546))
        mine = option(1, duid) + option(8, b"\0\0")
        if len(sys.argv) > 2:
            name = sys.argv[2].encode()
            mine += option(39, b"\0" + bytes([len(name)]) + name)
        association = option(3, b"\0\0\0\x07" + bytes(8))
        said: dict[int, bytes] = {}
        for kind in (1, 3):  # SOLICIT, and REQUEST of what was offered
            server = option(2, said[2]) if said else b""
            wanted = option(3, said[3]) if said else association
            asked = bytes([kind]) + os.urandom(3) + mine + server + wanted
            client.sendto(asked, (_SERVERS, 547, 0, index))
            answer = client.recv(2000)
            assert answer[0] == (_ADVERTISE if kind == 1 else _REPLY) and answer[1:4] == asked[1:4]
            said = options(answer[4:])
    address = options(said[3][12:])[5][:16]
    sys.stdout.write(socket.inet_ntop(socket.AF_INET6, address))
    return 0


if __name__ == "__main__":
    sys.exit(main())
