-- run.db as the first layout had it: the domain runs.
CREATE TABLE active (
    uuid TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE,
    journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE, uid INTEGER UNIQUE, pid INTEGER, started INTEGER,
    owner INTEGER, owner_started INTEGER, watcher INTEGER, watcher_started INTEGER, expect TEXT, mark TEXT, title TEXT,
    taint TEXT, xml TEXT) WITHOUT ROWID;
INSERT INTO "active" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de',1,'elder','3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',1879143106,$pid,$started,NULL,NULL,NULL,NULL,NULL,'[3, 11, 1, 3, "", null, [], 0]','of old','','<domain type=''qemu''>
  <name>elder</name>
  <uuid>3f1c4a5e-0003-4000-8000-00000000c0de</uuid>
  <title>of old</title>
  <memory unit=''KiB''>65536</memory>
  <currentMemory unit=''KiB''>65536</currentMemory>
  <vcpu placement=''static''>1</vcpu>
  <os>
    <type arch=''x86_64'' machine=''pc-i440fx-7.2''>hvm</type>
    <boot dev=''hd''/>
  </os>
  <cpu mode=''custom'' match=''exact'' check=''none''>
    <model fallback=''forbid''>qemu64</model>
  </cpu>
  <clock offset=''utc''/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>$emulator</emulator>
    <disk type=''file'' device=''disk''>
      <driver name=''qemu'' type=''raw''/>
      <source file=''$root/disk.img'' index=''1''/>
      <backingStore/>
      <target dev=''vda'' bus=''virtio''/>
      <alias name=''virtio-disk0''/>
      <address type=''pci'' domain=''0x0000'' bus=''0x00'' slot=''0x04'' function=''0x0''/>
    </disk>
    <controller type=''usb'' index=''0'' model=''none''>
      <alias name=''usb''/>
    </controller>
    <controller type=''pci'' index=''0'' model=''pci-root''>
      <alias name=''pci.0''/>
    </controller>
    <controller type=''virtio-serial'' index=''0''>
      <alias name=''virtio-serial0''/>
      <address type=''pci'' domain=''0x0000'' bus=''0x00'' slot=''0x03'' function=''0x0''/>
    </controller>
    <serial type=''file''>
      <source path=''$root/serial.log''/>
      <target type=''isa-serial'' port=''0''>
        <model name=''isa-serial''/>
      </target>
      <alias name=''serial0''/>
    </serial>
    <console type=''file''>
      <source path=''$root/serial.log''/>
      <target type=''serial'' port=''0''/>
      <alias name=''serial0''/>
    </console>
    <channel type=''unix''>
      <source mode=''bind'' path=''$root/run/guests/1/org.qemu.guest_agent.0''/>
      <target type=''virtio'' name=''org.qemu.guest_agent.0''/>
      <alias name=''channel0''/>
      <address type=''virtio-serial'' controller=''0'' bus=''0'' port=''1''/>
    </channel>
    <input type=''mouse'' bus=''ps2''>
      <alias name=''input0''/>
    </input>
    <input type=''keyboard'' bus=''ps2''>
      <alias name=''input1''/>
    </input>
    <graphics type=''vnc'' port=''$port'' autoport=''yes'' listen=''127.0.0.1''>
      <listen type=''address'' address=''127.0.0.1''/>
    </graphics>
    <audio id=''1'' type=''none''/>
    <video>
      <model type=''cirrus'' vram=''16384'' heads=''1'' primary=''yes''/>
      <alias name=''video0''/>
      <address type=''pci'' domain=''0x0000'' bus=''0x00'' slot=''0x02'' function=''0x0''/>
    </video>
    <memballoon model=''none''/>
  </devices>
  <seclabel type=''dynamic'' model=''dac'' relabel=''yes''>
    <label>+1879143106:+1879143106</label>
    <imagelabel>+1879143106:+1879143106</imagelabel>
  </seclabel>
</domain>
');
CREATE TABLE boot (id TEXT NOT NULL);
INSERT INTO "boot" VALUES('$boot');
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "counter" VALUES('domain',1);
CREATE TABLE journal (
    id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject TEXT NOT NULL, phase TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "journal" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60','start','3f1c4a5e-0003-4000-8000-00000000c0de','held');
CREATE TABLE outcome (uuid TEXT PRIMARY KEY, reason INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "part" VALUES('secret',1);
CREATE TABLE port (
    port INTEGER PRIMARY KEY, journal TEXT NOT NULL REFERENCES journal(id) ON DELETE CASCADE) WITHOUT ROWID;
INSERT INTO "port" VALUES($port,'3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60');
CREATE TABLE secret (
    uuid TEXT PRIMARY KEY, usage_type INTEGER NOT NULL, usage_id TEXT, private INTEGER NOT NULL, xml TEXT NOT NULL,
    UNIQUE (usage_type, usage_id)) WITHOUT ROWID;
CREATE TABLE secret_value (
    uuid TEXT PRIMARY KEY REFERENCES secret(uuid) ON DELETE CASCADE, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE step (
    journal TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (journal, seq)) WITHOUT ROWID;
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',1,'filesystem.BoundedDirectory','{"path": "$root/run/guests/1"}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',2,'filesystem.MakeDirectory','{"path": "$root/run/guests/1/own"}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',3,'filesystem.PrimedPipe','{"path": "$root/run/guests/1/events", "parent": [$guest]}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',4,'filesystem.WriteFile','{"path": "$root/run/guests/1/master-key.aes", "parent": [$guest]}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',5,'filesystem.ListeningSocket','{"path": "$root/run/guests/1/monitor.sock", "parent": [$guest]}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',9,'filesystem.ListeningSocket','{"path": "$root/run/guests/1/org.qemu.guest_agent.0", "parent": [$guest]}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',10,'process.Spawn','{"pid": $pid, "started": $started, "patience": 10}');
