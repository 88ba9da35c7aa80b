"""The host that ``test:///default`` begins with."""

from __future__ import annotations

from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Host
from virshpy.enums import RunningReason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.drivers.test.resources import Resources

DOMAIN_UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
DOMAIN = f"""\
<domain type='test'>
  <name>test</name>
  <uuid>{DOMAIN_UUID}</uuid>
  <memory unit='KiB'>8388608</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu>2</vcpu>
  <os><type>hvm</type></os>
  <devices>
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
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    </memballoon>
  </devices>
</domain>
"""
NETWORK = """\
<network>
  <name>default</name>
  <uuid>dd8fe884-6c02-601e-7551-cca97df1c5df</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
  </ip>
</network>
"""
POOL = """\
<pool type='dir'>
  <name>default-pool</name>
  <uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>
  <target><path>/default-pool</path></target>
</pool>
"""
INTERFACE = """\
<interface type='ethernet' name='eth1'>
  <start mode='onboot'/>
  <mac address='aa:bb:cc:dd:ee:ff'/>
  <mtu size='1492'/>
  <protocol family='ipv4'>
    <ip address='192.168.0.5' prefix='24'/>
    <route gateway='192.168.0.1'/>
  </protocol>
</interface>
"""
COMPUTER = """\
<device>
  <name>computer</name>
  <capability type='system'>
    <hardware>
      <vendor>Libvirt</vendor>
      <version>Test driver</version>
      <serial>123456</serial>
      <uuid>11111111-2222-3333-4444-555555555555</uuid>
    </hardware>
    <firmware>
      <vendor>Libvirt</vendor>
      <version>Test Driver</version>
      <release_date>01/22/2007</release_date>
    </firmware>
  </capability>
</device>
"""
_PORTS = "<capability type='vport_ops'><max_vports>0</max_vports><vports>0</vports></capability>"
# number, unique id, parent, the tail of its names, of its fabric's name, whether it can make virtual ports
_ADAPTERS = (
    (1, 0, "computer", "12341234", "43214321", True),
    (2, 1, "computer", "56785678", "87658765", True),
    (11, 10, "scsi_host1", "34563456", "43214321", False),
)


def adapter(number: int, unique: int, parent: str, tail: str, fabric: str, ports: bool) -> str:
    """The document of a Fibre Channel adapter."""
    return (
        f"<device><name>scsi_host{number}</name><parent>{parent}</parent><capability type='scsi_host'>"
        f"<host>{number}</host><unique_id>{unique}</unique_id><capability type='fc_host'><wwnn>20000000{tail}</wwnn>"
        f"<wwpn>10000000{tail}</wwpn><fabric_wwn>20000000{fabric}</fabric_wwn></capability>{_PORTS if ports else ''}"
        "</capability></device>"
    )


def default_host() -> Host:
    """A host with a running domain. The rest of it is made when it is asked for."""
    host = Host(fill)
    guest = host.guests[DOMAIN_UUID] = Guest("test", DOMAIN_UUID, DOMAIN)
    guest.run(host, RunningReason.UNKNOWN)
    return host


def fill(host: Resources) -> None:
    """What few commands look at."""
    host.add_network(NETWORK)
    host.add_pool(POOL)
    host.add_interface(INTERFACE)
    for document in (COMPUTER, *(adapter(*facts) for facts in _ADAPTERS)):
        host.add_device(document)
