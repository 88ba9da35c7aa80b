"""Where a guest's displays and servers listen: settled by its start, told by its document, and refused where taken."""

from __future__ import annotations

import random
import re
import socket
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left
from virshpy import errors
from virshpy import open as connect
from virshpy.host.sockets import port_is_free

pytestmark = needs.qemu


@pytest.fixture
def port() -> int:
    """A port that is free, above those that are found for displays and below those that clients get."""
    return next(port for _ in range(100) if port_is_free(port := random.randrange(20000, 32000)))


# What a start makes of each, as libvirt 9.0 does: the element, and domdisplay's answer. PORT is the port of the test,
# FOUND and WEB are numbers that the start finds, RUN is the guest's own directory.
LISTENING = {
    "<graphics type='vnc' port='PORT' autoport='no'/>": (
        "<graphics type='vnc' port='PORT' autoport='no' listen='127.0.0.1'>"
        "<listen type='address' address='127.0.0.1'/></graphics>",
        "vnc://127.0.0.1:SCREEN",
    ),
    "<graphics type='vnc' websocket='-1'/>": (
        "<graphics type='vnc' port='FOUND' autoport='yes' websocket='WEB' websocketGenerated='yes' listen='127.0.0.1'>"
        "<listen type='address' address='127.0.0.1'/></graphics>",
        "vnc://127.0.0.1:NUMBER",
    ),
    "<graphics type='vnc' port='PORT' autoport='yes' listen='0.0.0.0'/>": (
        "<graphics type='vnc' port='FOUND' autoport='yes' listen='0.0.0.0'>"
        "<listen type='address' address='0.0.0.0'/></graphics>",
        "vnc://localhost:NUMBER",
    ),
    "<graphics type='spice' port='PORT' autoport='no'/>": (
        "<graphics type='spice' port='PORT' autoport='no' listen='127.0.0.1'>"
        "<listen type='address' address='127.0.0.1'/></graphics>",
        "spice://127.0.0.1:PORT",
    ),
    "<graphics type='spice' autoport='yes'/>": (
        "<graphics type='spice' port='FOUND' autoport='yes' listen='127.0.0.1'>"
        "<listen type='address' address='127.0.0.1'/></graphics>",
        "spice://127.0.0.1:NUMBER",
    ),
    "<graphics type='vnc'><listen type='socket'/></graphics>": (
        "<graphics type='vnc' socket='RUN/vnc.sock'><listen type='socket' socket='RUN/vnc.sock'/></graphics>",
        "vnc+unix://RUN/vnc.sock",
    ),
    "<graphics type='spice'><listen type='socket'/></graphics>": (
        "<graphics type='spice'><listen type='socket' socket='RUN/spice.sock'/></graphics>",
        "spice+unix://RUN/spice.sock",
    ),
}


@pytest.mark.parametrize("case", LISTENING)
def test_what_a_start_settles_is_in_the_document(virshpy: Run, root: Path, port: int, case: str) -> None:
    define(virshpy, root, document("vm", case.replace("PORT", str(port))))
    inactive = virshpy("dumpxml", "--inactive", "vm").stdout
    virshpy("start", "vm")
    live = re.sub(r"\n *", "", virshpy("dumpxml", "vm").stdout)
    element, uri = LISTENING[case]
    pattern = re.escape(element).replace("PORT", str(port)).replace("FOUND", "59[0-9]{2}").replace("WEB", "57[0-9]{2}")
    assert re.search(pattern.replace("RUN", f"{re.escape(str(root))}/[^']*"), live)
    shown = re.escape(uri).replace("PORT", str(port)).replace("SCREEN", str(port - 5900)).replace("NUMBER", "[0-9]+")
    assert re.fullmatch(shown.replace("RUN", f"{re.escape(str(root))}/.*"), virshpy("domdisplay", "vm").stdout.strip())
    assert virshpy("dumpxml", "--inactive", "vm").stdout == inactive
    virshpy("destroy", "vm")


def test_every_channel_says_whether_it_is_connected(virshpy: Run, root: Path) -> None:
    kinds = ("pty", "unix", "spicevmc")
    names = ("a.pty.0", "a.unix.0", "com.redhat.spice.0")
    channels = [
        f"<channel type='{kind}'><target type='virtio' name='{name}'/></channel>"
        for kind, name in zip(kinds, names, strict=True)
    ]
    define(virshpy, root, document("vm", "".join([*channels, "<graphics type='spice'/>"])))
    virshpy("start", "vm")
    xml = virshpy("dumpxml", "vm").stdout
    for name in names:
        assert f"<target type='virtio' name='{name}' state='disconnected'/>" in xml
    virshpy("destroy", "vm")


TAKERS = {
    "vnc": "<graphics type='vnc' port='PORT' autoport='no'/>",
    "spice": "<graphics type='spice' port='PORT' autoport='no'/>",
    "websocket": "<graphics type='vnc' websocket='PORT'/>",
    "tcp": "<serial type='tcp'><source mode='bind' host='127.0.0.1' service='PORT'/><protocol type='raw'/></serial>",
}


@pytest.mark.parametrize("second", TAKERS)
@pytest.mark.parametrize("first", TAKERS)
def test_a_port_that_another_guest_has(uri: str, root: Path, port: int, first: str, second: str) -> None:
    with connect(uri) as connection:
        running = connection.create_xml(document("first", TAKERS[first].replace("PORT", str(port))))
        with pytest.raises(errors.InternalError) as told:
            connection.create_xml(document("second", TAKERS[second].replace("PORT", str(port))))
        assert told.value.message == f"internal error: Failed to reserve port {port}"
        assert "domain 'first' is running with it" in str(told.value.hint)
        running.destroy()
        connection.create_xml(document("second", TAKERS[second].replace("PORT", str(port)))).destroy()
    assert nothing_left(root) == []


def test_a_port_that_another_program_has(uri: str, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), connect(uri) as connection:
        with pytest.raises(errors.InternalError, match=f"Failed to reserve port {port}") as told:
            connection.create_xml(document("vm", TAKERS["vnc"].replace("PORT", str(port))))
        assert "another program" in str(told.value.hint)


def test_a_port_that_a_document_names_twice(uri: str, port: int) -> None:
    with connect(uri) as connection:
        with pytest.raises(errors.InternalError, match=f"Failed to reserve port {port}") as told:
            connection.create_xml(document("vm", (TAKERS["vnc"] + TAKERS["tcp"]).replace("PORT", str(port))))
        assert "twice" in str(told.value.hint)


def test_a_port_on_two_addresses_is_two_guests(uri: str, port: int) -> None:
    with connect(uri) as connection:
        both = [
            connection.create_xml(
                document(name, f"<graphics type='vnc' port='{port}' listen='{address}' autoport='no'/>")
            )
            for name, address in (("first", "127.0.0.1"), ("second", "127.0.0.2"))
        ]
        for domain in both:
            domain.destroy()
