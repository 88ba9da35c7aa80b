"""AES-256-CBC, by OpenSSL's libcrypto: the library that Python's own hashlib is linked to, so no further dependency."""

from __future__ import annotations

import ctypes

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NAMES = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so")
_BLOCK = 16


def encrypt(key: bytes, iv: bytes, text: bytes) -> bytes:
    """``text`` under a key of 32 and a vector of 16 bytes, padded as PKCS#7 has it: 1 to 16 bytes longer.

    Raises ConfigUnsupported where the host has no libcrypto, InternalError where it refuses.
    """
    assert len(key) == 32 and len(iv) == _BLOCK
    library = _library()
    out = ctypes.create_string_buffer(len(text) + _BLOCK)
    written, rest = ctypes.c_int(0), ctypes.c_int(0)
    context = _function(library, "EVP_CIPHER_CTX_new", ctypes.c_void_p)()
    try:
        cipher = _function(library, "EVP_aes_256_cbc", ctypes.c_void_p)()
        begin = _function(library, "EVP_EncryptInit_ex", ctypes.c_int, *[ctypes.c_void_p] * 3, *[ctypes.c_char_p] * 2)
        number = ctypes.POINTER(ctypes.c_int)
        update = _function(
            library, "EVP_EncryptUpdate", ctypes.c_int,
            ctypes.c_void_p, ctypes.c_void_p, number, ctypes.c_char_p, ctypes.c_int,
        )  # fmt: skip
        final = _function(library, "EVP_EncryptFinal_ex", ctypes.c_int, *[ctypes.c_void_p] * 2, number)
        if not (
            begin(context, cipher, None, key, iv)
            and update(context, out, ctypes.byref(written), text, len(text))
            and final(context, ctypes.addressof(out) + written.value, ctypes.byref(rest))
        ):
            raise errors.InternalError("OpenSSL could not encrypt a secret")
    finally:
        _function(library, "EVP_CIPHER_CTX_free", None, ctypes.c_void_p)(context)
    return out.raw[: written.value + rest.value]


def _library() -> ctypes.CDLL:
    for name in _NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise errors.ConfigUnsupported(
        "secrets cannot be handed to QEMU: there is no libcrypto", hint="install OpenSSL's library: apt install libssl3"
    )


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    function = library[name]
    function.restype, function.argtypes = result, list(arguments)
    return function
