"""AES as OpenSSL's own command does it."""

from __future__ import annotations

import subprocess

import pytest

from tests import needs
from virshpy import errors
from virshpy.host import cipher

KEY, IV = bytes(range(32)), bytes(range(16))


@needs.program("openssl", "openssl")
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1000])
def test_it_is_read_by_openssl(length: int) -> None:
    text = bytes(index % 251 for index in range(length))
    words = ["openssl", "enc", "-d", "-aes-256-cbc", "-K", KEY.hex(), "-iv", IV.hex()]
    sealed = cipher.encrypt(KEY, IV, text)
    assert subprocess.run(words, input=sealed, stdout=subprocess.PIPE, check=True).stdout == text
    assert len(sealed) == length // 16 * 16 + 16


def test_a_host_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "_NAMES", ("libno-such.so.3", *cipher._NAMES))
    assert cipher.encrypt(KEY, IV, b"text")
    monkeypatch.setattr(cipher, "_NAMES", ("libno-such.so.3",))
    with pytest.raises(errors.ConfigUnsupported, match="there is no libcrypto"):
        cipher.encrypt(KEY, IV, b"text")
