-- state.db as the first layout had it: a domain that autostarts, a secret, and what its start did to lasting files.
CREATE TABLE domain (
    uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT, autostart INTEGER NOT NULL DEFAULT 0,
    xml TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "domain" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de','elder','of old',1,'<domain type=''qemu''>
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
      <source file=''$root/disk.img''/>
      <target dev=''vda'' bus=''virtio''/>
      <address type=''pci'' domain=''0x0000'' bus=''0x00'' slot=''0x04'' function=''0x0''/>
    </disk>
    <controller type=''usb'' index=''0'' model=''none''/>
    <controller type=''pci'' index=''0'' model=''pci-root''/>
    <controller type=''virtio-serial'' index=''0''>
      <address type=''pci'' domain=''0x0000'' bus=''0x00'' slot=''0x03'' function=''0x0''/>
    </controller>
    <serial type=''file''>
      <source path=''$root/serial.log''/>
      <target type=''isa-serial'' port=''0''>
        <model name=''isa-serial''/>
      </target>
    </serial>
    <console type=''file''>
      <source path=''$root/serial.log''/>
      <target type=''serial'' port=''0''/>
    </console>
    <channel type=''unix''>
      <target type=''virtio'' name=''org.qemu.guest_agent.0''/>
      <address type=''virtio-serial'' controller=''0'' bus=''0'' port=''1''/>
    </channel>
    <input type=''mouse'' bus=''ps2''/>
    <input type=''keyboard'' bus=''ps2''/>
    <graphics type=''vnc'' port=''-1'' autoport=''yes''>
      <listen type=''address''/>
    </graphics>
    <audio id=''1'' type=''none''/>
    <video>
      <model type=''cirrus'' vram=''16384'' heads=''1'' primary=''yes''/>
      <address type=''pci'' domain=''0x0000'' bus=''0x00'' slot=''0x02'' function=''0x0''/>
    </video>
    <memballoon model=''none''/>
  </devices>
</domain>
');
CREATE TABLE journal (
    id TEXT PRIMARY KEY, verb TEXT NOT NULL, subject TEXT NOT NULL, phase TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "part" VALUES('secret',1);
CREATE TABLE place (run TEXT NOT NULL, boot TEXT NOT NULL, lost TEXT);
INSERT INTO "place" VALUES('$root/run','$boot',NULL);
CREATE TABLE secret (
    uuid TEXT PRIMARY KEY, usage_type INTEGER NOT NULL, usage_id TEXT, private INTEGER NOT NULL, xml TEXT NOT NULL,
    UNIQUE (usage_type, usage_id)) WITHOUT ROWID;
INSERT INTO "secret" VALUES('3f1c4a5e-0002-4000-8000-00000000c0de',1,'crash',0,'<secret ephemeral=''no'' private=''no''>
  <uuid>3f1c4a5e-0002-4000-8000-00000000c0de</uuid>
  <usage type=''volume''>
    <volume>crash</volume>
  </usage>
</secret>
');
CREATE TABLE secret_value (
    uuid TEXT PRIMARY KEY REFERENCES secret(uuid) ON DELETE CASCADE, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO "secret_value" VALUES('3f1c4a5e-0002-4000-8000-00000000c0de',X'626262');
CREATE TABLE step (
    journal TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (journal, seq)) WITHOUT ROWID;
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',6,'access.GrantAccess','{"path": "$root/disk.img", "uid": 1879143106, "owner": 0, "group": 0, "identity": [$disk], "locks": "$root/lib/lock"}');
INSERT INTO "step" VALUES('3f1c4a5e-0003-4000-8000-00000000c0de.32ba4540e4dd9d60',8,'access.GrantAccess','{"path": "$root/serial.log", "uid": 1879143106, "owner": 0, "group": 0, "identity": [$serial], "locks": "$root/lib/lock"}');
