"""The host that ``test:///default`` begins with."""

from __future__ import annotations

from virshpy.drivers.test.guest import Guest
from virshpy.drivers.test.host import Host
from virshpy.drivers.test.objects import Device, Interface, Network, Pool
from virshpy.enums import RunningReason

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
NETWORK_UUID = "dd8fe884-6c02-601e-7551-cca97df1c5df"
NETWORK = f"""\
<network>
  <name>default</name>
  <uuid>{NETWORK_UUID}</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>
  </ip>
</network>
"""
POOL_UUID = "dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566"
POOL = f"""\
<pool type='dir'>
  <name>default-pool</name>
  <uuid>{POOL_UUID}</uuid>
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
    """A host with a running domain, and one of what else there is."""
    host = Host()
    guest = host.guests.add(Guest("test", DOMAIN_UUID, DOMAIN))
    guest.run(host, RunningReason.UNKNOWN)
    host.networks.add(Network("default", NETWORK_UUID, NETWORK))
    host.pools.add(Pool("default-pool", POOL_UUID, POOL))
    host.interfaces.add(Interface("eth1", "", INTERFACE))
    host.devices.add(Device("computer", "", COMPUTER))
    for facts in _ADAPTERS:
        host.devices.add(Device(f"scsi_host{facts[0]}", "", adapter(*facts)))
    return host
