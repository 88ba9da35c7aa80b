"""What qemu-img is told about an image: documents to words, as libvirt 9.0 says them. Nothing is run here.

Secrets are never words: qemu-img is told of an object, whose value it reads from a descriptor ``{fd:NAME}``.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import StorageVolCreateFlags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.credentials import Encryption
    from virshpy.xml.volume import Volume, VolumeTarget

_KIB = 1024
# The formats that qemu-img can resize.
RESIZABLE = ("raw", "iso", "qcow2", "qed")
SECRET = "secret"  # the descriptor from which a passphrase is read
ORIGINAL_SECRET = "original"  # that of the image which is copied


def wants_qemu_img(volume: Volume) -> bool:
    """Whether an image is more than a plain file."""
    target = _target(volume)
    return format_of(target) != "raw" or target.encryption is not None


def format_of(part: VolumeTarget) -> str:
    return (part.kind.type if part.kind else None) or "raw"


def qemu_name(format: str) -> str:
    """What QEMU calls a format: a CD image is raw to it."""
    return "raw" if format == "iso" else format


def check(volume: Volume, flags: int = 0, *, plain: bool = False) -> None:
    """Refuse a document of which no image can be made; a ``plain`` one is made without qemu-img. Raises NoSupport,
    ConfigUnsupported, InternalError."""
    target = _target(volume)
    format = format_of(target)
    preallocated = bool(flags & StorageVolCreateFlags.PREALLOC_METADATA)
    if preallocated and format != "qcow2":
        raise errors.ConfigUnsupported(
            f"metadata preallocation {'is not supported for raw volumes' if plain else 'only available with qcow2'}",
            hint="leave out --prealloc-metadata: the space of a raw volume is its allocation",
        )
    if volume.backing is not None:
        _check_backing(target, plain, preallocated)
    if target.encryption is not None:
        _check_encryption(target.encryption, format)
    features = target.features
    if features is not None and features.lazy_refcounts and target.compat == "0.10":
        raise errors.ConfigUnsupported(
            "lazy_refcounts not supported with compat level 0.10", hint="say <compat>1.1</compat>"
        )


def _check_backing(target: VolumeTarget, plain: bool, preallocated: bool) -> None:
    overlay = "say <format type='qcow2'/> for an overlay"
    if plain:
        raise errors.NoSupport("backing storage not supported for raw volumes", hint=overlay)
    if _qemu_format(target) in ("raw", "luks"):
        raise errors.ConfigUnsupported("cannot set backing store for raw volume", hint=overlay)
    if preallocated:
        raise errors.ConfigUnsupported(
            "metadata preallocation conflicts with backing store",
            hint="leave out --prealloc-metadata: what an overlay does not hold is in its backing file",
        )


def _check_encryption(encryption: Encryption, format: str) -> None:
    kind = encryption.format_name or "default"
    if len(encryption.secrets) != 1:
        raise errors.InvalidArg(
            "A single <secret type='passphrase'...> element is expected in encryption description",
            hint="name one secret by uuid or usage",
        )
    if format == "raw" and kind != "luks":
        raise errors.InternalError("Only luks encryption is supported for raw files", hint="say format='luks'")
    if format not in ("raw", "qcow2"):
        raise errors.ConfigUnsupported(f"volume encryption unsupported with format {format}", hint="raw and qcow2 can")
    if kind != "luks":
        raise errors.ConfigUnsupported(
            "creation of qcow2 encrypted image is not supported", hint="say <encryption format='luks'>"
        )


def create_words(volume: Volume, path: str, flags: int, *, program: str) -> list[str]:
    """``qemu-img create …``."""
    target = _target(volume)
    backing = volume.backing
    words = [program, "create", "-f", _qemu_format(target)]
    if backing is not None:
        words += ["-b", str(backing.path)]
    words += _secret_object(target, volume, SECRET)
    if options := ",".join((*_backing_format(volume), *_options(volume, flags))):
        words += ["-o", options]
    size = volume.capacity
    return [*words, path, *([f"{-(-size // _KIB)}K"] if size is not None else [])]


def convert_words(
    volume: Volume, path: str, flags: int, *, program: str, original: list[str], original_format: str
) -> list[str]:
    """``qemu-img convert …`` into a new image, which holds all of it: it has no backing file. ``original``: the words
    for what is copied, its objects first."""
    target = _target(volume)
    words = [program, "convert", "-p", *original[:-1]]
    if "--image-opts" not in original:
        words += ["-f", qemu_name(original_format)]
    words += ["-O", _qemu_format(target), *_secret_object(target, volume, SECRET)]
    if options := ",".join(_options(volume, flags)):
        words += ["-o", options]
    return [*words, original[-1], path]


def resize_words(path: str, format: str, capacity: int, *, shrink: bool, allocate: bool, program: str) -> list[str]:
    """``qemu-img resize …``; the format is said, so that no content is taken for another one."""
    words = [program, "resize", "-f", qemu_name(format)]
    words += ["--shrink"] if shrink else []
    words += ["--preallocation=falloc"] if allocate else []
    return [*words, path, str(capacity)]


def _qemu_format(target: VolumeTarget) -> str:
    format = format_of(target)
    if format == "raw" and target.encryption is not None:
        return "luks"
    return qemu_name(format)


def _secret_object(target: VolumeTarget, volume: Volume, descriptor: str) -> list[str]:
    if target.encryption is None:
        return []
    return ["--object", f"secret,id={_escaped(_alias(volume))},file=/dev/fd/{{fd:{descriptor}}}"]


def _alias(volume: Volume) -> str:
    """An id may have letters, digits and a few signs; a volume's name any."""
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in str(volume.name))
    return f"{safe if safe[:1].isalpha() else f'v{safe}'}_encrypt0"


def _backing_format(volume: Volume) -> list[str]:
    backing = volume.backing
    return [] if backing is None else [f"backing_fmt={(backing.kind.type if backing.kind else None) or 'raw'}"]


def _options(volume: Volume, flags: int) -> list[str]:
    """What stands after -o."""
    target = _target(volume)
    format = format_of(target)
    options: list[str] = []
    if target.encryption is not None:
        options += _luks(target.encryption, volume, "encrypt." if format == "qcow2" else "")
    if flags & StorageVolCreateFlags.PREALLOC_METADATA:
        whole = (volume.allocation or 0) >= (volume.capacity or 0)
        options.append(f"preallocation={'falloc' if whole else 'metadata'}")
    if target.nocow:
        options.append("nocow=on")
    if target.compat:
        options.append(f"compat={target.compat}")
    elif format == "qcow2":
        options.append("compat=0.10")
    if target.cluster_size:
        options.append(f"cluster_size={target.cluster_size}")
    if target.features is not None and format == "qcow2":
        options += ["lazy_refcounts"] if target.features.lazy_refcounts else []
        options += ["extended_l2=on"] if target.features.extended_l2 else []
    return options


def _luks(encryption: Encryption, volume: Volume, prefix: str) -> list[str]:
    options = [f"{prefix}format=luks"] if prefix else []
    options.append(f"{prefix}key-secret={_escaped(_alias(volume))}")
    cipher, generator = encryption.cipher, encryption.ivgen
    if cipher is not None:
        options.append(f"{prefix}cipher-alg={_escaped(f'{cipher.name}-{cipher.size}')}")
        options += [f"{prefix}cipher-mode={_escaped(cipher.mode)}"] if cipher.mode else []
        options += [f"{prefix}hash-alg={_escaped(cipher.hash)}"] if cipher.hash else []
    if generator is not None:
        options += [f"{prefix}ivgen-alg={_escaped(str(generator.name))}"]
        options += [f"{prefix}ivgen-hash-alg={_escaped(generator.hash)}"] if generator.hash else []
    return options


def _escaped(value: str) -> str:
    return value.replace(",", ",,")


def _target(volume: Volume) -> VolumeTarget:
    assert volume.target is not None
    return volume.target
