"""The command lines of qemu-img, mkfs and mount, for documents of many kinds; nothing is run."""

from __future__ import annotations

import pytest

from tests.storage.images import MIB, image, volume
from virshpy import errors
from virshpy.drivers.storage import images
from virshpy.drivers.storage.backends.mounted import exports, mkfs_words, mount_words
from virshpy.enums import StorageVolCreateFlags
from virshpy.xml.storage import Pool
from virshpy.xml.volume import Volume

META = StorageVolCreateFlags.PREALLOC_METADATA
BASE = "<backingStore><path>/p/base</path><format type='qcow2'/></backingStore>"
LUKS = "<encryption format='luks'><secret type='passphrase' usage='/p/v'/>{}</encryption>"
CIPHER = "<cipher name='aes' size='128' mode='cbc' hash='sha1'/>"
KEY = "--object secret,id=v_encrypt0,file=/dev/fd/{fd:secret}"

# What a document says, and the words between `qemu-img create` and the path.
CREATED: dict[str, tuple[str, int, str, str]] = {
    "qcow2": (image("v", "qcow2"), 0, "-f qcow2 -o compat=0.10", "4096K"),
    "of one byte": (image("v", "qcow2", 1), 0, "-f qcow2 -o compat=0.10", "1K"),
    "of no size": (image("v", "qcow2", 0), 0, "-f qcow2 -o compat=0.10", "0K"),
    "of nearly 2^63 bytes": (image("v", "qcow2", 2**63 - 1), 0, "-f qcow2 -o compat=0.10", "9007199254740992K"),
    "compat": (image("v", "qcow2", target="<compat>1.1</compat>"), 0, "-f qcow2 -o compat=1.1", "4096K"),
    "an odd compat": (image("v", "qcow2", target="<compat>1.2</compat>"), 0, "-f qcow2 -o compat=1.2", "4096K"),
    "clusters": (
        image("v", "qcow2", target="<clusterSize unit='KiB'>256</clusterSize>"), 0,
        "-f qcow2 -o compat=0.10,cluster_size=262144", "4096K",
    ),
    "lazy refcounts": (
        image("v", "qcow2", target="<features><lazy_refcounts/></features>"), 0,
        "-f qcow2 -o compat=1.1,lazy_refcounts", "4096K",
    ),
    "extended L2": (
        image("v", "qcow2", target="<features><extended_l2/></features>"), 0,
        "-f qcow2 -o compat=1.1,extended_l2=on", "4096K",
    ),
    "both features": (
        image("v", "qcow2", target="<features><lazy_refcounts/><extended_l2/></features>"), 0,
        "-f qcow2 -o compat=1.1,lazy_refcounts,extended_l2=on", "4096K",
    ),
    "features of none": (
        image("v", "qcow2", target="<compat>1.1</compat><features/>"), 0, "-f qcow2 -o compat=1.1", "4096K"
    ),
    "nocow": (image("v", "qcow2", target="<nocow/>"), 0, "-f qcow2 -o nocow=on,compat=0.10", "4096K"),
    "metadata": (
        image("v", "qcow2", more="<allocation>0</allocation>"), META,
        "-f qcow2 -o preallocation=metadata,compat=0.10", "4096K",
    ),
    "all of its space": (image("v", "qcow2"), META, "-f qcow2 -o preallocation=falloc,compat=0.10", "4096K"),
    "an overlay": (
        image("v", "qcow2", more=BASE), 0, "-f qcow2 -b /p/base -o backing_fmt=qcow2,compat=0.10", "4096K"
    ),
    "an overlay of raw": (
        image("v", "qcow2", more=BASE.replace("qcow2", "raw")), 0,
        "-f qcow2 -b /p/base -o backing_fmt=raw,compat=0.10", "4096K",
    ),
    "an overlay of what has no format": (
        image("v", "qcow2", more="<backingStore><path>b</path></backingStore>"), 0,
        "-f qcow2 -b b -o backing_fmt=raw,compat=0.10", "4096K",
    ),
    "an overlay as large as its base": (
        f"<volume><name>v</name>{BASE}<target><format type='qcow2'/></target></volume>", 0,
        "-f qcow2 -b /p/base -o backing_fmt=qcow2,compat=0.10", "",
    ),
    "vmdk": (image("v", "vmdk"), 0, "-f vmdk", "4096K"),
    "vmdk over qcow2": (image("v", "vmdk", more=BASE), 0, "-f vmdk -b /p/base -o backing_fmt=qcow2", "4096K"),
    "vdi": (image("v", "vdi"), 0, "-f vdi", "4096K"),
    "vpc": (image("v", "vpc"), 0, "-f vpc", "4096K"),
    "vhdx": (image("v", "vhdx"), 0, "-f vhdx", "4096K"),
    "qed": (image("v", "qed"), 0, "-f qed", "4096K"),
    "qed over qcow2": (image("v", "qed", more=BASE), 0, "-f qed -b /p/base -o backing_fmt=qcow2", "4096K"),
    "qcow": (image("v", "qcow"), 0, "-f qcow", "4096K"),
    "bochs": (image("v", "bochs"), 0, "-f bochs", "4096K"),
    "dmg": (image("v", "dmg"), 0, "-f dmg", "4096K"),
    "luks": (image("v", "raw", target=LUKS.format("")), 0, f"-f luks {KEY} -o key-secret=v_encrypt0", "4096K"),
    "luks with a cipher": (
        image("v", "raw", target=LUKS.format(CIPHER)), 0,
        f"-f luks {KEY} -o key-secret=v_encrypt0,cipher-alg=aes-128,cipher-mode=cbc,hash-alg=sha1", "4096K",
    ),
    "luks with vectors": (
        image("v", "raw", target=LUKS.format(CIPHER + "<ivgen name='essiv' hash='sha256'/>")), 0,
        f"-f luks {KEY} -o key-secret=v_encrypt0,cipher-alg=aes-128,cipher-mode=cbc,hash-alg=sha1,"
        "ivgen-alg=essiv,ivgen-hash-alg=sha256", "4096K",
    ),
    "luks in qcow2": (
        image("v", "qcow2", target=LUKS.format("")), 0,
        f"-f qcow2 {KEY} -o encrypt.format=luks,encrypt.key-secret=v_encrypt0,compat=0.10", "4096K",
    ),
    "luks in an overlay": (
        image("v", "qcow2", target=LUKS.format(""), more=BASE), 0,
        f"-f qcow2 -b /p/base {KEY} -o backing_fmt=qcow2,encrypt.format=luks,encrypt.key-secret=v_encrypt0,compat=0.10",
        "4096K",
    ),
    "a cipher that tries to add an option": (
        image("v", "raw", target=LUKS.format("<cipher name='aes,x=y' size='256'/>")), 0,
        f"-f luks {KEY} -o key-secret=v_encrypt0,cipher-alg=aes,,x=y-256", "4096K",
    ),
    "a name that no id may have": (
        image("1 ,b", "raw", target=LUKS.format("")), 0,
        "-f luks --object secret,id=v1__b_encrypt0,file=/dev/fd/{fd:secret} -o key-secret=v1__b_encrypt0", "4096K",
    ),
}  # fmt: skip


def document(text: str) -> Volume:
    made = Volume.parse(text, inactive=True)
    made.settle("dir")
    return made


@pytest.mark.parametrize("case", CREATED)
def test_create(case: str) -> None:
    text, flags, words, size = CREATED[case]
    made = document(text)
    images.check(made)
    assert images.wants_qemu_img(made)
    told = images.create_words(made, "/p/v", flags, program="qemu-img")
    assert " ".join(told) == f"qemu-img create {words} /p/v {size}".rstrip()


@pytest.mark.parametrize("text", [volume("v"), image("v", "raw")])
def test_a_plain_file_needs_no_qemu_img(text: str) -> None:
    assert not images.wants_qemu_img(document(text))


REFUSED = {
    "Only luks encryption is supported for raw files": image(
        "v", "raw", target=LUKS.format("").replace("luks", "qcow")
    ),
    "creation of qcow2 encrypted image is not supported": image(
        "v", "qcow2", target=LUKS.format("").replace("luks", "qcow")
    ),
    "volume encryption unsupported with format vmdk": image("v", "vmdk", target=LUKS.format("")),
    "A single <secret type='passphrase'...> element": image("v", "raw", target="<encryption format='luks'/>"),
    "cannot set backing store for raw volume": image("v", "iso", more=BASE),
    "lazy_refcounts not supported with compat level 0.10": image(
        "v", "qcow2", target="<compat>0.10</compat><features><lazy_refcounts/></features>"
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_cannot_be_made(sentence: str) -> None:
    with pytest.raises(errors.Error, match=sentence.replace(".", r"\.")) as caught:
        images.check(document(REFUSED[sentence]))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("format", "backing", "plain", "sentence"),
    [
        ("raw", "", True, "metadata preallocation is not supported for raw volumes"),
        ("raw", "", False, "metadata preallocation only available with qcow2"),
        ("vmdk", "", False, "metadata preallocation only available with qcow2"),
        ("iso", "", False, "metadata preallocation only available with qcow2"),
        ("qcow2", BASE, False, "metadata preallocation conflicts with backing store"),
    ],
)
def test_metadata_of_what_has_none(format: str, backing: str, plain: bool, sentence: str) -> None:
    with pytest.raises(errors.ConfigUnsupported, match=sentence):
        images.check(document(image("v", format, more=backing)), META, plain=plain)


def test_a_plain_file_has_no_file_beneath() -> None:
    with pytest.raises(errors.NoSupport, match="backing storage not supported for raw volumes"):
        images.check(document(image("v", "raw", more=BASE)), plain=True)


CONVERTED = {
    "a CD image to qcow2": (image("v", "qcow2"), "iso", "-p -f raw -O qcow2 -o compat=0.10 /p/original /p/v"),
    "raw to qcow2": (image("v", "qcow2"), "raw", "-p -f raw -O qcow2 -o compat=0.10 /p/original /p/v"),
    "qcow2 to raw": (image("v", "raw"), "qcow2", "-p -f qcow2 -O raw /p/original /p/v"),
    "qcow2 to luks": (
        image("v", "raw", target=LUKS.format("")), "qcow2",
        f"-p -f qcow2 -O luks {KEY} -o key-secret=v_encrypt0 /p/original /p/v",
    ),
    "an overlay, which becomes whole": (
        image("v", "qcow2", more=BASE), "qcow2",
        "-p -f qcow2 -O qcow2 -o compat=0.10 /p/original /p/v",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONVERTED)
def test_convert(case: str) -> None:
    text, format, words = CONVERTED[case]
    told = images.convert_words(
        document(text), "/p/v", 0, program="qemu-img", original=["/p/original"], original_format=format
    )
    assert " ".join(told) == f"qemu-img convert {words}"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"shrink": False, "allocate": False}, "-f qcow2 /p/v 8388608"),
        ({"shrink": True, "allocate": False}, "-f qcow2 --shrink /p/v 8388608"),
        ({"shrink": False, "allocate": True}, "-f qcow2 --preallocation=falloc /p/v 8388608"),
    ],
)
def test_resize(asked: dict[str, bool], words: str) -> None:
    told = images.resize_words("/p/v", "qcow2", 8 * MIB, program="qemu-img", **asked)
    assert " ".join(told) == f"qemu-img resize {words}"


def pool(type: str, source: str, more: str = "", namespace: str = "") -> Pool:
    target = "<target><path>/t</path></target>"
    return Pool.parse(f"<pool type='{type}' {namespace}><name>p</name><source>{source}</source>{target}{more}</pool>")


HOST = "<host name='h'/><dir path='/e'/>"
OPTIONS = "<fs:mount_opts><fs:option name='sync'/><fs:option name='lazytime'/></fs:mount_opts>"
FS = "xmlns:fs='http://libvirt.org/schemas/storagepool/fs/1.0'"
MOUNTED = {
    "a device": (pool("fs", "<device path='/dev/x'/>"), "nodev,nosuid,noexec -t auto /dev/x /t"),
    "ext4": (
        pool("fs", "<device path='/dev/x'/><format type='ext4'/>"), "nodev,nosuid,noexec -t ext4 /dev/x /t"
    ),
    "with options": (
        pool("fs", "<device path='/dev/x'/>", OPTIONS, FS), "nodev,nosuid,noexec,sync,lazytime -t auto /dev/x /t"
    ),
    "a server": (pool("netfs", HOST), "nodev,nosuid,noexec h:/e /t"),
    "nfs": (pool("netfs", f"{HOST}<format type='nfs'/>"), "nodev,nosuid,noexec -t nfs h:/e /t"),
    "nfs 3": (
        pool("netfs", f"{HOST}<format type='nfs'/><protocol ver='3'/>"), "nodev,nosuid,noexec,nfsvers=3 -t nfs h:/e /t"
    ),
    "nfs 4.1": (
        pool("netfs", f"{HOST}<format type='nfs'/><protocol ver='4.1'/>"),
        "nodev,nosuid,noexec,nfsvers=4.1 -t nfs h:/e /t",
    ),
    "nfs with options": (
        pool("netfs", f"{HOST}<format type='nfs'/>", OPTIONS, FS),
        "nodev,nosuid,noexec,sync,lazytime -t nfs h:/e /t",
    ),
    "IPv6": (
        pool("netfs", "<host name='::1'/><dir path='/e'/>"),
        "nodev,nosuid,noexec [::1]:/e /t",
    ),
    "cifs": (
        pool("netfs", "<host name='h'/><dir path='share'/><format type='cifs'/>"),
        "nodev,nosuid,noexec,guest -t cifs //h/share /t",
    ),
    "glusterfs": (
        pool("netfs", f"{HOST}<format type='glusterfs'/>"),
        "nodev,nosuid,noexec,direct-io-mode=1 -t glusterfs h:/e /t",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MOUNTED)
def test_mount(case: str) -> None:
    document, words = MOUNTED[case]
    assert " ".join(mount_words(document)) == f"mount -o {words}"


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("ext2", "-t ext2 -F"), ("ext3", "-t ext3 -F"), ("ext4", "-t ext4 -F"), ("xfs", "-t xfs -f"),
        ("vfat", "-t vfat"), ("ocfs2", "-t ocfs2"),
    ],
)  # fmt: skip
def test_mkfs(format: str, words: str) -> None:
    assert " ".join(mkfs_words(format, "/dev/x")) == f"mkfs {words} /dev/x"


def test_what_a_server_exports() -> None:
    text = "/srv/images 10.0.0.0/24\n/srv/with blank *\n/all\n"
    assert exports(text) == ["/srv/images", "/srv/with blank", "/all"]
