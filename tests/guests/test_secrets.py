"""Guests whose images, servers or TPM ask for a secret: it reaches QEMU, and nobody who looks."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, pid_of
from virshpy import errors
from virshpy import open as connect
from virshpy.enums import CreateFlags
from virshpy.host.cipher import encrypt

pytestmark = needs.qemu

UUID = "6f0c3d8e-4c1b-4a58-9b54-2e8f5a3d7c10"
PASSWORD = b"a horse of another colour"


def test_the_cipher_is_that_of_the_standard() -> None:
    """NIST SP 800-38A, F.2.5: the first blocks of CBC-AES256."""
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    text = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    made = encrypt(key, bytes(range(16)), text)
    assert made.hex().startswith("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d")
    assert [len(encrypt(key, bytes(16), bytes(size))) for size in (0, 1, 15, 16, 17)] == [16, 16, 16, 32, 32]


def keep(uri: str, value: bytes = PASSWORD, usage: str = "<usage type='volume'><volume>vm</volume></usage>") -> None:
    with connect(uri) as connection:
        xml = f"<secret private='yes'><uuid>{UUID}</uuid>{usage}</secret>"
        connection.secret_define_xml(xml).set_value(value)


def encrypted(root: Path, name: str, format: str, *options: str) -> Path:
    """An image that opens with PASSWORD. Its key is derived in as few rounds as may be: tests are to be quick."""
    image, key = root / name, root / "key"
    key.write_bytes(PASSWORD)
    prefix = "encrypt." if format == "qcow2" else ""
    words = [f"{prefix}key-secret=k,{prefix}iter-time=10", *options]
    argv = ["qemu-img", "create", "-q", "--object", f"secret,id=k,file={key}", "-f", format]
    for _ in range(10):
        done = subprocess.run([*argv, "-o", ",".join(words), image, "4M"], capture_output=True, text=True)
        # It measures how fast the processor is, and gives up where others leave it too little of that.
        if "Unable to get accurate CPU usage" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr
    key.unlink()
    return image


def disk(image: Path, format: str, reference: str = f"uuid='{UUID}'", *, beside: bool = False) -> str:
    secret = f"<encryption format='luks'><secret type='passphrase' {reference}/></encryption>"
    inside, after = ("", secret) if beside else (secret, "")
    return (
        f"<disk type='file'><driver name='qemu' type='{format}'/><source file='{image}'>{inside}</source>{after}"
        "<target dev='vda' bus='virtio'/></disk>"
    )


@needs.program("qemu-img", "qemu-utils")
@pytest.mark.parametrize("reference", [f"uuid='{UUID}'", "usage='vm'"])
@pytest.mark.parametrize("kind", ["luks", "qcow2"])
def test_an_encrypted_image_is_opened(uri: str, root: Path, virshpy: Run, kind: str, reference: str) -> None:
    keep(uri)
    if kind == "luks":
        image = disk(encrypted(root, "vm.luks", "luks"), "raw", reference)
    else:
        image = disk(encrypted(root, "vm.qcow2", "qcow2", "encrypt.format=luks"), "qcow2", reference, beside=True)
    define(virshpy, root, document("vm", image))
    virshpy("start", "vm", "--paused")
    seen = virshpy("qemu-monitor-command", "vm", "--hmp", "info block").stdout
    assert "encrypted" in seen
    argv = Path(f"/proc/{pid_of(root)}/cmdline").read_bytes()
    assert b'"id":"libvirt-1-format-encryption-secret0"' in argv
    logs = [path.read_bytes() for path in (root / "log").iterdir()]
    for text in (argv, *logs, virshpy("dumpxml", "vm", "--security-info").stdout.encode()):
        assert PASSWORD not in text
    virshpy("destroy", "vm")
    assert nothing_left(root) == []


@needs.program("qemu-img", "qemu-utils")
def test_a_wrong_password_is_said_to_be_one(uri: str, root: Path) -> None:
    keep(uri, b"something else")
    with connect(uri) as connection:
        with pytest.raises(errors.InternalError, match="Invalid password, cannot unlock any keyslot") as caught:
            connection.create_xml(document("vm", disk(encrypted(root, "vm.luks", "luks"), "raw")))
        assert caught.value.action and caught.value.action[0] == "secret_set_value"
    assert nothing_left(root) == []


def test_what_is_wrong_with_a_reference(uri: str, root: Path) -> None:
    """libvirt's sentences, and the host as it was."""
    image = root / "vm.img"
    image.write_bytes(bytes(1 << 20))
    other = "0a7d5f6e-91b2-4f5c-8d1e-6b3c2a190f77"
    with connect(uri) as connection:

        def refused(kind: type[errors.Error], reference: str) -> str:
            with pytest.raises(kind) as caught:
                connection.create_xml(document("vm", disk(image, "raw", reference)))
            assert nothing_left(root) == []
            return str(caught.value)

        missing = refused(errors.NoSecret, f"uuid='{UUID}'")
        assert missing == f"Secret not found: no secret with matching uuid '{UUID}'"
        assert refused(errors.NoSecret, "usage='vm'") == "Secret not found: no secret with matching usage 'vm'"
        use = "<usage type='volume'><volume>v</volume></usage>"
        connection.secret_define_xml(f"<secret><uuid>{UUID}</uuid>{use}</secret>")
        empty = refused(errors.NoSecret, f"uuid='{UUID}'")
        assert empty == f"Secret not found: secret '{UUID}' does not have a value"
        connection.secret_define_xml(f"<secret><uuid>{other}</uuid><usage type='tls'><name>vm</name></usage></secret>")
        assert refused(errors.InvalidArg, f"uuid='{other}'") == (
            f"invalid argument: secret with uuid {other} is of type 'tls' not expected 'volume' type"
        )


def test_a_password_of_a_server_is_not_in_the_command_line(uri: str, root: Path) -> None:
    keep(uri, usage="<usage type='iscsi'><target>t</target></usage>")
    auth = f"<auth username='reader'><secret type='iscsi' uuid='{UUID}'/></auth>"
    xml = document(
        "vm",
        f"<disk type='network'><driver name='qemu' type='raw'/>{auth}"
        "<source protocol='iscsi' name='iqn.2024-01.org.example:disk/1'><host name='127.0.0.1'/></source>"
        "<target dev='vda' bus='virtio'/></disk>"
        "<disk type='network' device='cdrom'><source protocol='https' name='/a.iso'><host name='example.org'/>"
        f"<cookies><cookie name='ticket'>{PASSWORD.decode().replace(' ', '-')}</cookie></cookies></source>"
        "<target dev='sda' bus='sata'/></disk>",
    )
    with connect(uri) as connection:
        text = connection.domain_xml_to_native("qemu-argv", xml)
    assert '"user":"reader","password-secret":"libvirt-2-storage-auth-secret0"' in text
    assert '"cookie-secret":"libvirt-1-storage-httpcookie-secret0"' in text
    assert "horse" not in text


class Server(ThreadingHTTPServer):
    """An image of a mebibyte on the web, and what whoever asked for it said of himself."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[str | None, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        given = self.headers.get("Authorization")
        self.server.heard.append((given, self.headers.get("Cookie")))
        known = given == "Basic " + base64.b64encode(b"reader:" + PASSWORD).decode()
        self.send_response(200 if known else 401)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("WWW-Authenticate", "Basic realm=images")
        self.send_header("Content-Length", str(1 << 20) if known else "0")
        self.end_headers()
        if self.command == "GET" and known:
            self.wfile.write(bytes(1 << 20))

    def log_message(self, format: str, *args: object) -> None:
        pass


MODULES = os.environ.get("QEMU_MODULE_DIR") or "/usr/lib/x86_64-linux-gnu/qemu"


@needs.file(f"{MODULES}/block-curl.so", "qemu-block-extra")
def test_a_server_is_told_the_password_and_the_cookies(uri: str, root: Path) -> None:
    keep(uri, usage="<usage type='iscsi'><target>web</target></usage>")
    server = Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        xml = document(
            "vm",
            "<disk type='network' device='cdrom'><driver name='qemu' type='raw'/>"
            f"<source protocol='http' name='a.iso'><host name='127.0.0.1' port='{server.server_port}'/>"
            "<cookies><cookie name='ticket'>42</cookie><cookie name='seat'>7</cookie></cookies>"
            f"<auth username='reader'><secret type='iscsi' uuid='{UUID}'/></auth></source>"
            "<target dev='sda' bus='sata'/></disk>",
            more=f"<qemu:commandline><qemu:env name='QEMU_MODULE_DIR' value='{MODULES}'/></qemu:commandline>",
        ).replace("<domain ", "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ")
        with connect(uri) as connection:
            domain = connection.create_xml(xml, flags=CreateFlags.START_PAUSED)
            assert "ticket" not in domain.xml_desc()
            domain.destroy()
            connection.secret_lookup_by_uuid(UUID).set_value(b"not that one")
            with pytest.raises(errors.InternalError):
                connection.create_xml(xml, flags=CreateFlags.START_PAUSED)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    accepted = base64.b64encode(b"reader:" + PASSWORD).decode()
    assert (f"Basic {accepted}", "ticket=42; seat=7") in server.heard
    assert nothing_left(root) == []


@needs.program("swtpm", "swtpm")
def test_the_state_of_a_tpm_is_encrypted(uri: str, root: Path) -> None:
    keep(uri, usage="<usage type='vtpm'><name>vm</name></usage>")
    tpm = f"<backend type='emulator' version='2.0'><encryption secret='{UUID}'/></backend>"
    xml = document("vm", f"<tpm model='tpm-crb'>{tpm}</tpm>")
    with connect(uri) as connection:
        domain = connection.define_xml(xml)
        for _ in range(2):
            domain.create(flags=CreateFlags.START_PAUSED)
            domain.destroy()
        (state,) = (root / "lib/swtpm").glob("*/tpm2/tpm2-00.permall")
        before = state.read_bytes()
        connection.secret_lookup_by_uuid(UUID).set_value(b"not that one")
        with pytest.raises(errors.InternalError, match="TPM result for CMD_INIT: .* operation failed"):
            domain.create(flags=CreateFlags.START_PAUSED)
        assert state.read_bytes() == before
        assert state.stat().st_uid == (os.geteuid() or state.stat().st_uid)
        domain.undefine()
    assert nothing_left(root) == []
