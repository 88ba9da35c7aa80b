"""The test driver's documents: just as much of a domain as its other answers need, and an imaginary host."""

from __future__ import annotations

from virshpy import errors
from virshpy.xml.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.xml.node import Node

_UNITS = {"b": 1, "bytes": 1, "KB": 1000, "k": 1024, "KiB": 1024, "MB": 10**6, "M": 1 << 20, "MiB": 1 << 20}
_UNITS |= {"GB": 10**9, "G": 1 << 30, "GiB": 1 << 30, "TB": 10**12, "T": 1 << 40, "TiB": 1 << 40}

_SAMPLE_UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
_SAMPLE_DEVICES = """\
    <disk type='file' device='disk'>
      <source file='/guest/diskimage1'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </disk>
    <interface type='network'>
      <mac address='aa:bb:cc:dd:ee:ff'/>
      <source network='default'/>
      <target dev='testnet0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>
    </interface>
"""
_BALLOON = """\
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x0{slot}' function='0x0'/>
    </memballoon>
"""
SYSINFO = """\
<sysinfo type='smbios'>
  <bios>
    <entry name='vendor'>virshpy</entry>
    <entry name='version'>1.0</entry>
    <entry name='date'>01/02/2026</entry>
    <entry name='release'>1.0</entry>
  </bios>
</sysinfo>
"""


class Document:
    """What the test driver keeps of a domain's document. Memory is in KiB."""

    def __init__(self, name: str, uuid: str, max_memory: int, memory: int, vcpus: int) -> None:
        self.name = name
        self.uuid = uuid
        self.max_memory = max_memory
        self.memory = memory
        self.vcpus = vcpus
        self.kind = "test"
        self.title: str | None = None
        self.description: str | None = None
        self.metadata: dict[str, tuple[str, str]] = {}  # namespace URI -> (prefix, element)
        self.devices = _BALLOON.format(slot=1)

    def copy(self) -> Document:
        twin = Document(self.name, self.uuid, self.max_memory, self.memory, self.vcpus)
        twin.__dict__.update(self.__dict__, metadata=dict(self.metadata))
        return twin

    def set_metadata(self, uri: str, key: str | None, element: str | None) -> None:
        """Set one element of <metadata>; None removes it."""
        if element is None:
            if uri not in self.metadata:
                raise errors.NoDomainMetadata("Requested metadata element is not present")
            del self.metadata[uri]
            return
        parse(element, source="(metadata_xml)")
        self.metadata[uri] = (str(key), element)

    def get_metadata(self, uri: str) -> str | None:
        return self.metadata[uri][1] if uri in self.metadata else None

    def xml(self, id: int | None) -> str:
        """The document as dumpxml prints it; with an id for a running domain."""
        described = "".join(
            f"  <{tag}>{escape(text)}</{tag}>\n"
            for tag, text in (("title", self.title), ("description", self.description))
            if text
        )
        if self.metadata:
            elements = "".join(_prefixed(uri, *known) for uri, known in self.metadata.items())
            described += f"  <metadata>\n{elements}  </metadata>\n"
        identified = "" if id is None else f" id='{id}'"
        return (
            f"<domain type='{self.kind}'{identified}>\n  <name>{escape(self.name)}</name>\n  <uuid>{self.uuid}</uuid>\n"
            f"{described}  <memory unit='KiB'>{self.max_memory}</memory>\n"
            f"  <currentMemory unit='KiB'>{self.memory}</currentMemory>\n"
            f"  <vcpu placement='static'>{self.vcpus}</vcpu>\n"
            "  <os>\n    <type arch='i686'>hvm</type>\n    <boot dev='hd'/>\n  </os>\n  <clock offset='utc'/>\n"
            "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n  <on_crash>destroy</on_crash>\n"
            f"  <devices>\n{self.devices}  </devices>\n</domain>\n"
        )


def sample() -> Document:
    """The domain that every connection begins with."""
    document = Document("test", _SAMPLE_UUID, 8388608, 2097152, 2)
    document.devices = _SAMPLE_DEVICES + _BALLOON.format(slot=2)
    return document


def read(text: str) -> Document:
    """A document from a user. Raises XMLDetail for what is not well-formed, libvirt's errors for what is missing."""
    root = parse(text, source="(domain_definition)")
    if root.tag != "domain":
        raise errors.XMLError(f"unexpected root element <{root.tag}>, expecting <domain>")
    name = _text(root, "name")
    if not name:
        raise errors.NoName()
    check_name(name)
    maximum = _kib(root, "memory") or 0
    if not maximum:
        raise errors.XMLError("Memory size must be specified via <memory> or in the <numa> configuration")
    current = _kib(root, "currentMemory") or maximum
    document = Document(name, _text(root, "uuid") or "", maximum, min(current, maximum), int(_text(root, "vcpu") or 1))
    document.kind = root.attrs.get("type", "test")
    document.title = _text(root, "title")
    document.description = _text(root, "description")
    return document


def check_name(name: str) -> None:
    """Refuse what no domain can be called."""
    if "/" in name:
        raise errors.XMLError(f"name {name} cannot contain '/'")
    if not name.strip() or "\n" in name:
        raise errors.XMLError("name must not be empty or contain a newline")


def escape(text: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(plain, entity)
    return text


def capabilities() -> str:
    """Two NUMA cells of eight processors, and two kinds of guest."""
    pages = "".join(f"      <pages unit='KiB' size='{size}'/>\n" for size in (4, 8, 2048, 1048576))
    cells = "".join(_cell(number, memory, size) for number, memory, size in ((0, 2097152, 4), (1, 4194304, 8)))
    guests = "".join(
        f"  <guest>\n    <os_type>{kind}</os_type>\n    <arch name='i686'>\n      <wordsize>32</wordsize>\n"
        "      <emulator>/usr/bin/test-hv</emulator>\n      <domain type='test'/>\n    </arch>\n"
        "    <features>\n      <pae/>\n      <nonpae/>\n    </features>\n  </guest>\n\n"
        for kind in ("hvm", "xen")
    )
    return (
        "<capabilities>\n\n  <host>\n    <cpu>\n      <arch>i686</arch>\n      <features>\n        <pae/>\n"
        f"        <nonpae/>\n      </features>\n{pages}    </cpu>\n    <power_management/>\n    <iommu support='no'/>\n"
        f"    <topology>\n      <cells num='2'>\n{cells}      </cells>\n    </topology>\n"
        "    <secmodel>\n      <model>testSecurity</model>\n      <doi></doi>\n    </secmodel>\n  </host>\n\n"
        f"{guests}</capabilities>\n"
    )


def _cell(number: int, memory: int, page: int) -> str:
    cpus = "".join(
        f"            <cpu id='{cpu}' socket_id='{number}' die_id='0' core_id='{cpu % 8}' siblings='{cpu}'/>\n"
        for cpu in range(number * 8, number * 8 + 8)
    )
    pages = "".join(
        f"          <pages unit='KiB' size='{size}'>{count}</pages>\n"
        for size, count in ((page, 524288), (2048, 0), (1048576, 0))
    )
    return (
        f"        <cell id='{number}'>\n          <memory unit='KiB'>{memory}</memory>\n{pages}"
        f"          <cpus num='8'>\n{cpus}          </cpus>\n        </cell>\n"
    )


def _text(root: Node, tag: str) -> str | None:
    node = root.find(tag)
    return node.text.strip() if node is not None else None


def _kib(root: Node, tag: str) -> int | None:
    node = root.find(tag)
    if node is None:
        return None
    unit = node.attrs.get("unit", "KiB")
    digits = node.text.strip()
    if not digits.isdigit():
        raise errors.XMLError(f"Invalid value '{digits}' for element or attribute './{tag}[1]'")
    if unit not in _UNITS:
        raise errors.InvalidArg(f"unknown suffix '{unit}'")
    return -(-int(digits) * _UNITS[unit] // 1024)


def _prefixed(uri: str, key: str, element: str) -> str:
    """An element as it stands in the document: its own tags under the key's prefix."""
    name = element[1:].split(">")[0].split("/")[0].split()[0]
    body = f"<{key}:{name} xmlns:{key}=\"{escape(uri)}\"" + element[1 + len(name) :]
    closing = f"</{name}>"
    if body.endswith(closing):
        body = body[: -len(closing)] + f"</{key}:{name}>"
    return f"    {body}\n"
