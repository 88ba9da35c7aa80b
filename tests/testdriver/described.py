"""A host as a file describes it for ``test:///FILE``: one of each kind of object."""

from __future__ import annotations

NAMESPACE = "xmlns:test='http://libvirt.org/schemas/domain/test/1.0'"
OS = "<memory>8192</memory><os><type>hvm</type></os>"
_SNAPSHOT = "<test:domainsnapshot><name>%s</name><state>%s</state><creationTime>1272917631</creationTime><active>%d</active></test:domainsnapshot>"  # fmt: skip  # noqa: E501
HOST = f"""\
<node>
  <cpu><mhz>2000</mhz><model>mine</model><active>4</active><nodes>1</nodes><sockets>1</sockets><cores>4</cores>
    <threads>1</threads></cpu>
  <memory>1000000</memory>
  <domain type='test'><name>plain</name>{OS}</domain>
  <domain type='test' {NAMESPACE}><name>brief</name>{OS}<test:runstate>3</test:runstate><test:transient/></domain>
  <domain type='test' {NAMESPACE}><name>kept</name>{OS}<test:runstate>5</test:runstate><test:hasmanagedsave/>
    {_SNAPSHOT % ("old", "shutoff", 0)}{_SNAPSHOT % ("new", "running", 1)}</domain>
  <domain file='other.xml'/>
  <network><name>lan</name></network>
  <pool type='dir'><name>p</name><target><path>/p</path></target>
    <volume><name>v</name><capacity unit='KiB'>100</capacity></volume></pool>
  <interface type='ethernet' name='e0'><start mode='onboot'/><mac address='aa:bb:cc:dd:ee:00'/></interface>
  <device><name>box</name><capability type='system'><hardware><uuid>11111111-2222-3333-4444-555555555555</uuid>
    </hardware><firmware/></capability></device>
</node>
"""
