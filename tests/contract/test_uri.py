"""URIs: their parts, and which one is meant where none is named."""

from __future__ import annotations

import os

import pytest

from virshpy import errors
from virshpy import open as connect
from virshpy.uri import URI, default_uri

VARIABLES = ("VIRSHPY_DEFAULT_URI", "VIRSH_DEFAULT_CONNECT_URI", "LIBVIRT_DEFAULT_URI")


def test_parts() -> None:
    uri = URI("qemu+ssh://me@host.example:2222/system?keyfile=/a%20b&no_tty=1")
    assert (uri.scheme, uri.transport, uri.user, uri.host, uri.port, uri.path) == (
        "qemu", "ssh", "me", "host.example", 2222, "/system",
    )  # fmt: skip
    assert uri.parameters == {"keyfile": "/a b", "no_tty": "1"}
    assert URI("test:///default").path == "/default"
    bracketed = URI("qemu://[::1]:16509/system")
    assert (bracketed.host, bracketed.port) == ("[::1]", 16509)
    assert URI("test:///my%20host.xml#part").path == "/my host.xml"


@pytest.mark.parametrize(
    "text",
    ["test://a:b/x", "test://[::1/x", "te st:///x", "1x:///y", "+x:///a", "q+:///a", "test:///a?x=%4", "x://h@@y/", ""],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(errors.InternalError, match="Unable to parse URI"):
        URI(text)


def test_a_word_is_no_uri() -> None:
    with pytest.raises(errors.NoConnect, match="URI './a_b' does not include a driver name"):
        URI("./a_b")


def test_the_environment_comes_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert default_uri() == ("qemu:///system" if os.geteuid() == 0 else "qemu:///session")
    for variable in reversed(VARIABLES):
        monkeypatch.setenv(variable, f"test:///{variable}")
        assert default_uri() == f"test:///{variable}"
    monkeypatch.setenv(VARIABLES[0], "")
    assert default_uri() == f"test:///{VARIABLES[1]}"


@pytest.mark.parametrize("text", ["foo:///system", "qemu+ssh://host/system", "qemu://host/system"])
def test_what_nobody_serves_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(errors.NoConnect) as told:
        connect(text)
    assert str(told.value) == f"no connection driver available for {text}"
    assert told.value.hint
