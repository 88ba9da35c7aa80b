"""Every option of every command: what is known of its values is offered, or it is said here why nothing can be."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell import able
from tests.transcripts.differential import known_to_virsh
from tests.transcripts.generated import GOOD
from tests.transcripts.transcripts import DOCUMENTS, URI, VIRSH
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, WORDS, Command, Option
from virshpy.shell.lang.complete import candidates
from virshpy.shell.lang.global_options import Settings
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session

# Values that nobody knows but the user, by the option's name.
FREE_BY_REASON = {
    "names, words and secrets of one's own": (
        "new-name newname name description new-desc title key set wwn serial alias dname password base64 string"
    ),
    "numbers and sizes": (
        "size count capacity allocation length offset bandwidth timeout duration time seconds downtime period "
        "weight cap hard-limit soft-limit swap-hard-limit min-guarantee holdtime screen parent-index pagecount "
        "granularity buf-size threshold minimum requested-size set-address pid delay poll-max-ns poll-grow "
        "poll-shrink thread-pool-min thread-pool-max shm-pages-to-scan shm-sleep-millisecs shm-merge-across-nodes "
        "pass-fds size-iops-sec disks-port comp-mt-level comp-mt-threads comp-mt-dthreads comp-xbzrle-cache "
        "auto-converge-initial auto-converge-increment postcopy-bandwidth parallel-connections inbound outbound "
        "device-weights device-read-iops-sec device-write-iops-sec device-read-bytes-sec device-write-bytes-sec"
    ),
    "other hosts": (
        "host port initiator migrateuri graphicsuri listen-address disks-uri tls-destination source-host "
        "source-host-name source-name source-initiator auth-username adapter-wwnn adapter-wwpn "
        "adapter-parent-wwnn adapter-parent-wwpn adapter-parent-fabric-wwn"
    ),
    "expressions and addresses": ("xpath memspec address bash"),
    "limits": " ".join(
        f"{which}-{what}-sec{more}"
        for which in ("total", "read", "write")
        for what in ("bytes", "iops")
        for more in ("", "-max", "-max-length")
    ),
}
FREE = frozenset(" ".join(FREE_BY_REASON.values()).split())
# The same where the name means something else to other commands.
FREE_FOR = {
    ("history", "last"): "a number", ("set", "value"): "it depends on the name",
    ("attach-interface", "mac"): "its MAC address is made up", ("attach-interface", "target"): "a new name",
    ("iface-bridge", "bridge"): "a new name", ("dompmwakeup", "domain"): "no domain sleeps here",
    ("lxc-enter-namespace", "cmd"): "what the container has",
    ("hypervisor-cpu-compare", "machine"): "this host names no machines",
    ("hypervisor-cpu-baseline", "machine"): "this host names no machines",
    ("hypervisor-cpu-models", "machine"): "this host names no machines",
    ("domcapabilities", "machine"): "this host names no machines",
    ("cpu-stats", "count"): "a number", ("complete", "string"): "",
}  # fmt: skip
NOT_FREE = {
    ("set", "name"),
    ("net-port-dumpxml", "port"), ("net-port-delete", "port"), ("update-memory-device", "alias"),
    ("detach-device-alias", "alias"), ("connect", "name"), ("schedinfo", "set"), ("nodedev-list", "cap"),
}  # fmt: skip
# What stands before the value that is completed, where it is not what generated lines have.
BESIDE = {"network": "default", "pool": "default-pool", "domain": "test", "type": "network", "pool-create-as": "fs"}
PREPARED = (
    "define fc.xml", "define b.xml", "start b", "suspend b", "net-define net.xml", "pool-define-as off dir --target /x",
    "iface-define if.xml", "snapshot-create-as test s1", "iothreadadd test 1",
    "vol-create-as default-pool v 1M", "metadata test http://example.org/owner --key o --set <owner/>",
    "net-metadata default http://example.org/lab --key l --set <lab/>",
)  # fmt: skip


CHECKPOINT = "snapshot-delete test s1; checkpoint-create-as test c1"  # a domain has the one or the other


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """On a host that has something of everything, and knows what the domains have inside."""
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "net.xml").write_text("<network><name>lab</name><bridge name='virbr7'/></network>")
    (tmp_path / "if.xml").write_text("<interface type='ethernet' name='eth7'><start mode='none'/></interface>")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with able.reachable():
        made = connected(able.URI)
        for line in PREPARED:
            assert made.run_line(line), line
        yield made


def connected(uri: str) -> Session:
    settings = Settings()
    settings.uri = uri
    return Session(settings, Renderer("plain"))


def words_before(command: Command, option: Option) -> list[str]:
    """A line up to the value of an option."""
    line = [command.name]
    for other in command.options:
        if other is option:
            break
        if other.required and other.kind != WORDS:
            value = BESIDE.get(command.name if other.name == "type" else "", BESIDE.get(other.name))
            line += [f"--{other.name}", value or GOOD.get(other.name, "x")]
    if command.name.startswith("pool-") and option.name == "source-format":
        line[line.index("--type") + 1] = "fs"
    return [*line, f"--{option.name}"]


def valued(name: str) -> list[Option]:
    return [option for option in registry.find_known(name).options if option.kind != FLAG]


def is_free(name: str, option: Option) -> bool:
    return (name, option.name) not in NOT_FREE and (option.name in FREE or (name, option.name) in FREE_FOR)


@pytest.mark.parametrize("name", [name for name in registry.names() if valued(name)])
def test_what_is_known_is_offered(name: str, session: Session) -> None:
    """And if an option offers something after all, it is no longer said that it cannot."""
    command = registry.find_known(name)
    if name.startswith("checkpoint-"):
        assert session.run_line(CHECKPOINT)
    for option in valued(name):
        # To press Tab changes nothing; but libvirt's call for file systems wants a connection that may write.
        session.connection.driver.readonly = option.name != "mountpoint"
        offers = [word for word, _ in candidates([*words_before(command, option), ""], session)]
        offers = [word for word in offers if not word.startswith("--")]
        assert bool(offers) != is_free(name, option), (option.name, offers)


@pytest.mark.parametrize("name", [name for name in registry.names() if valued(name)])
def test_silence_without_a_connection(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = registry.find_known(name)
    for option in valued(name):
        candidates([*words_before(command, option), ""], connected("bogus:///"))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("start", ["fc"]), ("suspend", ["test"]), ("resume", ["b"]), ("domname", None),
        ("net-start", ["lab"]), ("net-destroy", ["default"]), ("pool-start", ["off"]),
        ("pool-refresh", ["default-pool"]),
        ("iface-start", ["eth7"]), ("iface-destroy", ["eth1"]), ("detach-disk test", ["vda", "hdc", "hdd", "vdb"]),
        ("change-media test", ["hdc", "hdd"]), ("snapshot-info test", ["s1"]), ("checkpoint-info test", ["c1"]),
        ("vol-info --pool default-pool --vol", ["v"]), ("vcpupin test", ["0", "1"]), ("iothreaddel test", ["1"]),
        ("iothreadadd test", ["2"]), ("emulatorpin test 0,1,2,3,4,5,6,", ["0,1,2,3,4,5,6,7"]), ("freecell", ["0", "1"]),
        ("freepages 0", ["4KiB", "8KiB", "2MiB", "1GiB"]), ("attach-disk test x", ["vdc", "sda", "hda"]),
        ("console test", ["serial0"]), ("domdelthrottlegroup test", ["slow"]), ("domfstrim test 0", ["/", "/boot"]),
        ("metadata test", ["http://example.org/owner"]), ("net-dhcp-leases default", None),
        ("attach-interface test network", ["default", "lab"]), ("attach-interface test direct", ["eth1", "eth7"]),
        ("pool-define-as x netfs --source-format", ["auto", "nfs", "glusterfs", "cifs"]),
        ("perf test --enable cmt,mbm", ["cmt,mbmt", "cmt,mbml"]), ("secret-get-value", None),
    ],
)  # fmt: skip
def test_only_what_fits(line: str, offers: list[str] | None, session: Session) -> None:
    words = line.split()
    if "checkpoint" in line:
        assert session.run_line(CHECKPOINT)
    continued = words[-1] if "," in words[-1] else ""
    found = [w for w, _ in candidates([*(words[:-1] if continued else words), continued], session) if w[:2] != "--"]
    assert sorted(found) == sorted(offers) if offers is not None else len(found) >= 1


# What virsh offers and we do not: values that would be refused, or that nothing here has.
NOT_OFFERED = {
    "format": "formats that no copy can have", "virttype": "types that this host does not run",
    "arch": "architectures that this host does not run", "driver": "drivers that are refused",
}  # fmt: skip
NOT_OFFERED_BY = {
    ("maxvcpus", "type"): "types that this host does not run", ("pool-undefine", "pool"): "a running pool is refused",
    ("change-media", "path"): "a disk that is no drive has no medium",
    ("pool-name", "pool"): "a name is not taken, only a UUID",
}  # fmt: skip


@pytest.mark.skipif(VIRSH is None, reason="needs virsh 9.0 (package libvirt-clients) to compare with")
@pytest.mark.parametrize("name", [name for name in registry.names() if valued(name) and name not in registry.HIDDEN])
def test_virsh_offers_no_more(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name not in known_to_virsh():
        pytest.skip("virsh 9.0 does not have this command")
    monkeypatch.chdir(tmp_path)
    command, session = registry.find_known(name), connected(URI)
    for option in valued(name):
        line = [*words_before(command, option), ""]
        done = subprocess.run(
            [str(VIRSH), "-c", URI, "-q", "complete", "--", *line], capture_output=True, text=True, timeout=20
        )
        theirs = {word for word in done.stdout.splitlines() if word and not word.startswith("--")}
        missing = theirs - {word for word, _ in candidates(line, session)}
        allowed = option.name in NOT_OFFERED or (name, option.name) in NOT_OFFERED_BY
        assert allowed or not missing, (option.name, missing)
