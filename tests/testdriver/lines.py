"""Command lines whose answers on the imaginary host are held against virsh's, in groups: one group is one session."""

from __future__ import annotations

MINI = (
    "<domain type='test'><name>mini</name><uuid>00000000-0000-4000-8000-000000000001</uuid>"
    "<memory unit='MiB'>512</memory>"
    "<currentMemory unit='MiB'>256</currentMemory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"
)
RICH = (
    "<domain type='test'><name>rich</name><uuid>00000000-0000-4000-8000-000000000002</uuid>"
    "<memory unit='GiB'>1</memory>"
    "<vcpu current='1'>3</vcpu><os><type arch='x86_64' machine='pc'>hvm</type><boot dev='network'/></os><devices>"
    "<disk type='file'><source file='/a.img'/><target dev='vda'/></disk>"
    "<disk type='file'><source file='/b.img'/><target dev='hdc' bus='ide'/></disk>"
    "<disk type='file' device='cdrom'><target dev='sda' bus='scsi'/></disk>"
    "<disk type='block'><source dev='/dev/x'/><target dev='sdh' bus='scsi'/></disk>"
    "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>"
    "<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/><model type='virtio'/>"
    "</interface>"
    "<serial type='pty'/><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    "<graphics type='vnc'/><video><model type='cirrus'/></video><watchdog model='i6300esb'/>"
    "<memballoon model='virtio'/></devices></domain>"
)
NETWORK = (
    "<network><name>lan</name><uuid>00000000-0000-4000-8000-000000000003</uuid><forward mode='route' dev='eth0'/>"
    "<bridge name='br5' stp='off' delay='2'/><mac address='52:54:00:00:00:03'/>"
    "<domain name='lan.example' localOnly='yes'/>"
    "<dns><txt name='a' value='b'/><host ip='10.9.0.5'><hostname>five</hostname></host></dns>"
    "<ip address='10.9.0.1' prefix='24'><dhcp><range start='10.9.0.10' end='10.9.0.99'/>"
    "<host mac='52:54:00:00:00:04' name='four' ip='10.9.0.4'/></dhcp></ip>"
    "<portgroup name='fast' default='yes'><bandwidth><inbound average='1000'/></bandwidth></portgroup></network>"
)
POOL = (
    "<pool type='logical'><name>vg</name><uuid>00000000-0000-4000-8000-000000000005</uuid>"
    "<source><device path='/dev/sdq'/></source><target><permissions><mode>0700</mode></permissions></target></pool>"
)
VOLUME = (
    "<volume><name>disk.qcow2</name><capacity unit='GiB'>2</capacity><allocation unit='MiB'>1</allocation>"
    "<target><format type='qcow2'/></target></volume>"
)
INTERFACE = (
    "<interface type='bridge' name='br9'><start mode='none'/><protocol family='ipv4'><dhcp/></protocol>"
    "<bridge stp='on' delay='5'><interface type='ethernet' name='eth0'><mac address='52:54:00:00:00:06'/></interface>"
    "</bridge></interface>"
)
ADAPTER = (
    "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'>"
    "<wwnn>2000000012341234</wwnn><wwpn>1000000012341234</wwpn></capability></capability></device>"
)
BAD = "<domain type='test'><name>bad</name></domain>"
DOCUMENTS = {
    "mini.xml": MINI, "rich.xml": RICH, "net.xml": NETWORK, "pool.xml": POOL, "vol.xml": VOLUME, "if.xml": INTERFACE,
    "hba.xml": ADAPTER, "bad.xml": BAD, "notxml.xml": "hello", "empty.xml": "<domainsnapshot/>",
    "snap.xml": "<domainsnapshot><name>s</name><description>d</description></domainsnapshot>",
    "check.xml": "<domaincheckpoint><name>c</name></domaincheckpoint>",
    "fs.xml": "<pool type='fs'><name>f</name><source><device path='/dev/x'/><format type='ext4'/></source>"
              "<target><path>/f/</path></target></pool>",
    "iscsi.xml": "<pool type='iscsi'><name>i</name><source><host name='h'/><device path='iqn.x'/></source>"
                 "<target><path>/dev/disk/by-path</path></target></pool>",
    "scsi.xml": "<pool type='scsi'><name>s</name><source><adapter name='scsi_host3'/></source>"
                "<target><path>/dev/disk/by-path</path></target></pool>",
    "rbd.xml": "<pool type='rbd'><name>r</name><source><name>p</name><host name='h' port='6789'/></source></pool>",
    "nohost.xml": "<pool type='netfs'><name>n</name><source><dir path='/d'/></source></pool>",
    "nopath.xml": "<pool type='dir'><name>n</name></pool>",
    "kind.xml": "<pool type='cloud'><name>n</name></pool>",
    "format.xml": "<pool type='fs'><name>n</name><source><device path='/x'/><format type='zzz'/></source></pool>",
    "novol.xml": "<volume><name>x</name></volume>",
    "badvol.xml": "<volume><name>x</name><capacity unit='furlong'>1</capacity></volume>",
    "badformat.xml": "<volume><name>x</name><capacity>1</capacity><target><format type='zz'/></target></volume>",
    "backed.xml": "<volume><name>x</name><capacity>1024</capacity><target><format type='qcow2'/><compat>1.1</compat>"
                  "<features><lazy_refcounts/></features></target><backingStore><path>/b</path></backingStore></volume>",
    "redefined.xml": "<domainsnapshot><name>r</name><state>shutoff</state><creationTime>1272917631</creationTime>"
                     f"{MINI.replace('00000000-0000-4000-8000-000000000001', '6695eb01-f6a4-8304-79aa-97f2502e193f')}"
                     "</domainsnapshot>",
    "vlan.xml": "<interface type='vlan' name='v.1'><protocol family='ipv6'><ip address='::2' prefix='64'/></protocol>"
                "<vlan tag='1'><interface name='v'/></vlan></interface>",
    "noname.xml": "<interface type='ethernet'/>",
    "nat.xml": "<network><name>n</name><forward mode='nat'/></network>",
    "private.xml": "<network><name>n</name><forward mode='private' dev='e'/><bridge name='b'/></network>",
    "bridged.xml": "<network><name>n</name><forward mode='bridge'/><ip address='1.2.3.4' prefix='8'/></network>",
    "mode.xml": "<network><name>n</name><forward mode='sideways'/></network>",
    "hostdev.xml": "<network><name>hd</name><uuid>00000000-0000-4000-8000-000000000008</uuid><forward mode='hostdev' "
                   "managed='yes'><driver name='vfio'/><pf dev='e'/></forward></network>",
    "isolated.xml": "<network><name>iso</name><uuid>00000000-0000-4000-8000-000000000007</uuid></network>",
}  # fmt: skip

GROUPS: dict[str, list[str]] = {
    "node": [
        "nodeinfo", "nodecpumap", "nodecpustats", "freecell", "freecell --all", "freecell 1", "freecell 7",
        "maxvcpus", "freepages --all", "freepages --cellno 0 --pagesize 2048", "sysinfo", "capabilities",
        "cpu-models x86_64", "cpu-models ppc64", "cpu-models aarch64", "cpu-models nonsense", "uri", "hostname",
        "nodememstats", "node-memory-tune", "nodesevinfo", "nodesuspend mem 60", "allocpages 2048 1",
        "domcapabilities", "pool-capabilities",
    ],
    "life": [
        "list --all", "domstate test --reason", "suspend test", "domstate test --reason", "suspend test",
        "resume test", "resume test", "domstate test --reason", "reset test", "reboot test", "start test",
        "shutdown test", "domstate test --reason", "shutdown test", "reboot test", "reset test", "start test",
        "domstate test --reason", "destroy test", "destroy test", "domstate test --reason", "list --all",
        "start nosuch", "domid test", "domuuid test", "dominfo nosuch", "domcontrol test", "start test",
        "domcontrol test",
    ],
    "definitions": [
        "define mini.xml", "dumpxml mini", "define rich.xml", "dumpxml rich", "start rich", "dumpxml rich",
        "dumpxml rich --inactive", "domblklist rich --details", "domiflist rich", "list --all", "undefine rich",
        "list --all --transient", "destroy rich", "list --all", "define bad.xml", "define notxml.xml",
        "create mini.xml", "list", "create mini.xml", "destroy mini", "undefine mini", "undefine mini",
        "domrename test other", "destroy test", "domrename test a/b", "domrename test test", "domrename test other",
        "list --all", "autostart other", "list --all --autostart", "autostart other --disable",
        "list --all --autostart",
    ],
    "notes": [
        "desc test", "desc test hello", "desc test", "desc test --title hi", "desc test --title", "list --title",
        "desc test --config persistent", "desc test", "desc test --config", "metadata test http://a.example/",
        "metadata test http://a.example/ --key k --set '<b c=\"1\">d</b>'", "metadata test http://a.example/",
        "dumpxml test", "metadata test http://a.example/ --remove", "metadata test http://a.example/",
    ],
    "processors": [
        "vcpucount test", "vcpucount test --maximum --live", "setvcpus test 1", "vcpucount test", "setvcpus test 3",
        "setvcpus test 4 --config --maximum", "vcpucount test", "setvcpus test 3 --config", "vcpucount test",
        "vcpupin test", "vcpupin test 0 0-3,^1", "vcpupin test", "vcpupin test 0 --config 1", "vcpupin test 5 1",
        "vcpupin test 0 99", "emulatorpin test", "emulatorpin test 1,3", "emulatorpin test",
        "emulatorpin test --config", "dumpxml test", "cpu-stats test", "cpu-stats test --total", "iothreadinfo test",
        "iothreadadd test 4", "iothreadadd test 4", "iothreadinfo test", "iothreadpin test 4 0", "iothreadinfo test",
        "iothreadset test 4", "iothreadset test 4 --poll-max-ns 9", "domstats test --iothread", "iothreaddel test 4",
        "iothreaddel test 4", "setvcpu test 1 --enable", "guestvcpus test", "destroy test", "vcpucount test",
        "vcpupin test",
    ],
    "memory": [
        "setmem test 1G", "dommemstat test", "setmem test 100G", "setmaxmem test 10G", "setmaxmem test 10G --config",
        "setmem test 512M --config", "dumpxml test --inactive", "memtune test", "memtune test --hard-limit 100000",
        "memtune test", "memtune test --swap-hard-limit 5", "memtune test --hard-limit -1", "memtune test",
        "numatune test", "numatune test --mode preferred", "numatune test --nodeset 0-1", "numatune test",
        "numatune test --mode preferred", "numatune test", "dommemstat test --period 2", "dumpxml test",
        "destroy test", "dommemstat test", "setmem test 1G", "setmaxmem test 4G", "dumpxml test",
    ],
    "limits": [
        "blkiotune test", "blkiotune test --weight 300", "blkiotune test --device-weights /dev/sda,500,/dev/sdb,700",
        "blkiotune test", "blkiotune test --device-weights /dev/sda,0", "blkiotune test", "dumpxml test",
        "schedinfo test", "schedinfo test --weight 7", "schedinfo test --set nothing=1", "schedinfo test --config",
        "blkdeviotune test vda", "blkdeviotune test vda --total-bytes-sec 5",
        "blkdeviotune test vda --read-bytes-sec 5 --read-bytes-sec-max 9", "blkdeviotune test vda",
        "blkdeviotune test vdz", "domiftune test testnet0",
        "domiftune test testnet0 --inbound 1,2,3 --outbound 4,5,6", "domiftune test testnet0",
        "domiftune test aa:bb:cc:dd:ee:ff", "domiftune test testnet0 --inbound 0", "domiftune test testnet0",
        "domiftune test nothing", "perf test", "perf test --enable cmt", "perf test",
        "set-lifecycle-action test crash coredump-restart", "set-lifecycle-action test reboot coredump-restart",
        "set-lifecycle-action test reboot destroy", "dumpxml test", "reboot test", "domstate test --reason",
    ],
    "devices": [
        "domblkinfo test vda", "domblkinfo test vdz", "domblkinfo test --all", "domblkerror test",
        "domblkstat test vdz", "domblkstat test", "domifstat test nothing", "domif-getlink test testnet0",
        "domifaddr test", "domifaddr test --source agent", "screenshot test shot", "send-key test KEY_A",
        "inject-nmi test", "send-process-signal test 1 9", "send-process-signal test 2 9",
        "domif-setlink test testnet0 down", "attach-disk test /x vdb", "detach-disk test vda",
        "blockresize test vda 1G", "blockjob test vda", "blockpull test vda", "domblkthreshold test vda 1",
        "destroy test", "domblkerror test", "domifaddr test", "domblkstat test vda", "domifstat test testnet0",
        "send-key test KEY_A",
    ],
    "agent": [
        "domfsinfo test", "domfsfreeze test --mountpoint /", "domfsfreeze test", "domfsthaw test", "domfsthaw test",
        "domfsfreeze test --mountpoint /x", "domfstrim test", "domfstrim test --mountpoint /x", "domtime test",
        "domhostname test", "set-user-password test root secret", "guestinfo test", "get-user-sshkeys test root",
        "destroy test", "domfsinfo test", "domtime test", "domhostname test",
    ],
    "saving": [
        "save test s.img", "domstate test --reason", "save-image-dumpxml s.img", "restore s.img",
        "domstate test --reason", "restore s.img", "restore /nonexistent/x", "restore mini.xml",
    ],
    "saving nowhere": ["save test /nonexistent/x", "domstate test --reason"],
    "saving what does not run": ["destroy test", "save test s.img", "managedsave test"],
    "managed saving": [
        "managedsave test", "domstate test --reason", "list --all --managed-save", "dominfo test", "undefine test",
        "start test", "domstate test --reason", "managedsave-remove test", "managedsave-dumpxml test",
    ],
    "managed saving given up": ["managedsave test", "managedsave-remove test", "list --all --managed-save"],
    "dumping": ["dump test core.img", "domstate test --reason"],
    "dumping after a crash": ["dump test core.img --crash", "domstate test --reason", "dominfo test"],
    "dumping what does not run": ["destroy test", "dump test core.img"],
    "starting anyway": ["destroy test", "start test --force-boot", "domstate test --reason", "start test --force-boot"],
    "snapshots": [
        "snapshot-list test", "snapshot-current test", "snapshot-create test snap.xml", "snapshot-dumpxml test s",
        "snapshot-create test snap.xml", "snapshot-create-as test t", "snapshot-create-as test u",
        "snapshot-list test --tree", "snapshot-list test --name", "snapshot-list test --roots --name",
        "snapshot-list test --leaves --name", "snapshot-list test --no-leaves --name",
        "snapshot-list test --from s --name", "snapshot-list test --from s --descendants --name",
        "snapshot-list test --inactive --name", "snapshot-info test t", "snapshot-parent test t",
        "snapshot-parent test s", "snapshot-current test --name", "suspend test", "snapshot-create-as test v",
        "snapshot-revert test s", "domstate test --reason", "snapshot-revert test v", "domstate test --reason",
        "snapshot-revert test v --running", "domstate test --reason", "snapshot-current test --name",
        "snapshot-delete test t", "snapshot-list test --tree", "snapshot-delete test s --children-only",
        "snapshot-list test --name", "snapshot-create-as test w --halt", "domstate test --reason",
        "snapshot-create-as test x --no-metadata", "snapshot-create-as test x --disk-only",
        "snapshot-create-as test y --diskspec vdz,snapshot=internal",
        "snapshot-create-as test y --diskspec vda,snapshot=no", "snapshot-delete test nothing", "undefine test",
        "checkpoint-create test check.xml", "snapshot-delete test s", "snapshot-delete test w", "undefine test",
    ],
    "checkpoints": [
        "checkpoint-list test", "checkpoint-create test check.xml", "checkpoint-create test check.xml",
        "checkpoint-create-as test d", "checkpoint-list test --name", "checkpoint-list test --tree",
        "checkpoint-info test d", "checkpoint-parent test d", "checkpoint-parent test c",
        "checkpoint-dumpxml test d --no-domain", "checkpoint-create-as test e --diskspec vdz",
        "snapshot-create-as test s", "checkpoint-create-as test f --diskspec vda,bitmap=b",
        "checkpoint-delete test c", "checkpoint-list test --tree", "checkpoint-delete test d --children",
        "checkpoint-list test --name", "checkpoint-delete test c",
    ],
    "networks": [
        "net-list --all", "net-dumpxml default", "net-info default", "net-define net.xml", "net-dumpxml lan",
        "net-list --all", "net-start lan", "net-start lan", "net-info lan", "net-autostart lan",
        "net-list --autostart", "net-update lan add ip-dhcp-host \"<host mac='52:54:00:00:00:09' ip='10.9.0.9'/>\"",
        "net-update lan add ip-dhcp-host \"<host mac='52:54:00:00:00:09' ip='10.9.0.9'/>\"",
        "net-update lan delete ip-dhcp-host \"<host mac='52:54:00:00:00:04'/>\"",
        "net-update lan modify ip-dhcp-host \"<host mac='52:54:00:00:00:09' ip='10.9.0.8'/>\"",
        "net-update lan add-last ip-dhcp-range \"<range start='10.9.0.100' end='10.9.0.110'/>\"",
        "net-update lan delete ip-dhcp-range \"<range start='10.9.0.200' end='10.9.0.210'/>\"",
        "net-update lan modify ip-dhcp-range \"<range start='10.9.0.200' end='10.9.0.210'/>\"",
        "net-update lan add dns-txt \"<txt name='x' value='y'/>\"",
        "net-update lan add dns-txt \"<txt name='x' value='y'/>\"",
        "net-update lan add-first dns-host \"<host ip='10.9.0.7'><hostname>seven</hostname></host>\"",
        "net-update lan add portgroup \"<portgroup name='slow'/>\"",
        "net-update lan delete portgroup \"<portgroup name='z'/>\"",
        "net-update lan add bridge \"<bridge name='z'/>\"", "net-dumpxml lan", "net-destroy lan", "net-destroy lan",
        "net-undefine lan", "net-undefine default", "net-create isolated.xml", "net-info iso", "net-dumpxml iso",
        "net-undefine iso", "net-destroy iso", "net-list --all", "net-start iso", "net-dhcp-leases default",
        "net-port-list default", "net-uuid default", "net-name dd8fe884-6c02-601e-7551-cca97df1c5df",
        "net-define mini.xml", "net-define notxml.xml",
    ],
    "pools": [
        "pool-list --all --details", "pool-dumpxml default-pool", "pool-info default-pool", "pool-define pool.xml",
        "pool-dumpxml vg", "pool-list --all", "pool-start vg", "pool-start vg", "pool-info vg", "pool-build vg",
        "pool-destroy vg", "pool-build vg", "pool-delete vg", "pool-autostart vg", "pool-list --autostart --all",
        "pool-list --all --type logical", "pool-undefine vg", "pool-undefine default-pool", "pool-create pool.xml",
        "pool-autostart vg", "pool-destroy vg", "pool-info vg", "pool-create-as twice dir --target /default-pool",
        "find-storage-pool-sources-as netfs h", "find-storage-pool-sources-as logical",
        "find-storage-pool-sources-as iscsi", "pool-refresh default-pool", "pool-uuid default-pool",
        "pool-define notxml.xml", "pool-define mini.xml", "vol-create default-pool vol.xml",
        "vol-dumpxml disk.qcow2 default-pool", "vol-list default-pool --details", "pool-info default-pool",
        "vol-create default-pool vol.xml", "vol-create-as default-pool huge 999999G",
        "vol-create-as default-pool b 1M --format raw", "vol-dumpxml b default-pool", "vol-clone b c default-pool",
        "vol-info c default-pool", "vol-key c default-pool", "vol-path c default-pool", "vol-pool /default-pool/c",
        "vol-name /default-pool/c", "vol-delete c default-pool", "vol-info c default-pool",
        "vol-resize b 2M default-pool", "vol-wipe b default-pool", "vol-delete /default-pool/b",
        "pool-destroy default-pool", "vol-list default-pool", "pool-list --all", "pool-refresh default-pool",
        "pool-undefine default-pool", "pool-list --all",
    ],
    "interfaces": [
        "iface-list --all", "iface-dumpxml eth1", "iface-mac eth1", "iface-name aa:bb:cc:dd:ee:ff",
        "iface-define if.xml", "iface-dumpxml br9", "iface-list --all", "iface-list --inactive", "iface-start br9",
        "iface-start br9", "iface-list", "iface-destroy br9", "iface-destroy br9", "iface-begin", "iface-begin",
        "iface-undefine br9", "iface-list --all", "iface-rollback", "iface-list --all", "iface-rollback",
        "iface-commit", "iface-begin", "iface-commit", "iface-undefine eth1", "iface-dumpxml eth1",
        "iface-define mini.xml",
    ],
    "nodedevs": [
        "nodedev-list", "nodedev-list --cap system", "nodedev-dumpxml computer", "nodedev-dumpxml scsi_host1",
        "nodedev-dumpxml scsi_host11", "nodedev-dumpxml nothing", "nodedev-create hba.xml",
        "nodedev-dumpxml scsi_host12", "nodedev-destroy scsi_host12", "nodedev-destroy scsi_host12",
        "nodedev-detach computer", "nodedev-reset computer", "nodedev-reattach computer", "nodedev-create mini.xml",
    ],
    "documents refused": [
        "pool-define nohost.xml", "pool-define nopath.xml", "pool-define kind.xml", "pool-define format.xml",
        "vol-create default-pool novol.xml", "vol-create default-pool badvol.xml",
        "vol-create default-pool badformat.xml",
        "iface-define noname.xml", "net-define nat.xml", "net-define private.xml", "net-define bridged.xml",
        "net-define mode.xml", "snapshot-create test notxml.xml", "snapshot-create test mini.xml",
        "checkpoint-create test notxml.xml", "checkpoint-create test snap.xml", "net-create notxml.xml",
        "vol-create default-pool notxml.xml", "nodedev-create notxml.xml", "iface-define notxml.xml",
        "snapshot-create test snap.xml --redefine", "create bad.xml", "define net.xml",
    ],
    "documents of all kinds": [
        "pool-define fs.xml", "pool-dumpxml f", "pool-define iscsi.xml", "pool-dumpxml i", "pool-define scsi.xml",
        "pool-dumpxml s", "pool-define rbd.xml", "pool-dumpxml r", "pool-list --all", "pool-list --all --type fs,rbd",
        "pool-start r", "vol-create-as r image 1M", "vol-dumpxml image r", "vol-info image r", "iface-define vlan.xml",
        "iface-dumpxml v.1", "net-define hostdev.xml", "net-dumpxml hd", "net-info hd",
        "vol-create default-pool backed.xml",
        "vol-dumpxml x default-pool", "snapshot-create test redefined.xml --redefine", "snapshot-dumpxml test r",
        "snapshot-list test --inactive --name", "snapshot-current test --name",
        "snapshot-create test redefined.xml --redefine --current", "snapshot-current test --name",
        "snapshot-revert test r", "domstate test --reason",
    ],
    "absent": [
        "secret-list", "nwfilter-list", "nwfilter-binding-list", "domjobinfo test", "domjobabort test",
        "migrate test x:///", "migrate-getspeed test", "migrate-setspeed test 5", "domdirtyrate-calc test",
        "backup-begin test", "backup-dumpxml test", "dompmsuspend test mem", "dompmwakeup test",
        "domlaunchsecinfo test", "qemu-monitor-command test x", "domxml-to-native qemu-argv --domain test",
        "get-user-sshkeys test u",
    ],
}  # fmt: skip
