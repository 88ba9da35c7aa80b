"""Steps on what a virtual network is on the host: its bridge, its firewall, forwarding."""

from __future__ import annotations

import shlex

from virshpy import errors
from virshpy.host.namespaces import HOST, Host
from virshpy.host.programs import program
from virshpy.host.steps.placed import Placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Bridge(Placed, kind="bridge/1"):
    """A bridge of our own, which must not have been there; gone with its addresses and routes when undone.

    It is known again by its name and its MAC address: a bridge of that name that is somebody else's stays.

    ``options`` are words of ip-link(8) for it; ``settings`` files below /proc/sys/net and what is written to them
    before it is up; ``filtering``: it tells VLANs apart; ``lines`` are what ip(8) does then, in one run. ``ports``:
    (link, isolated) that are plugged in again, where they are there.
    """

    recorded = ("name", "mac")

    def __init__(
        self,
        name: str,
        mac: str,
        options: Sequence[str],
        *,
        settings: Mapping[str, str],
        lines: Sequence[Sequence[str]] = (),
        ports: Sequence[tuple[str, bool]] = (),
        filtering: bool = False,
    ) -> None:
        self.name = name
        self.mac = mac
        self.filtering = filtering
        self.options = list(options)
        self.settings = dict(settings)
        self.lines = [list(words) for words in lines]
        self.ports = list(ports)

    def _add(self) -> list[str]:
        return ["link", "add", "name", self.name, "address", self.mac, *self.options]

    def do(self, note: Callable[[], None]) -> None:
        try:
            # Nobody is plugged in yet, so that what its settings keep out cannot come before them; but an IPv6 address
            # must wait for them where new links have none.
            apart = self.where.is_set("ipv6/conf/default/disable_ipv6")
            run_batch([self._add(), *([] if apart else self.lines)], self.where)
        except errors.InternalError as error:
            self.undo()
            raise self._refusal(str(error)) if self._words_of_add in str(error) else error from None
        try:
            self.where.set(self.settings)
            if self.filtering:
                self._filter()
            run_batch([*(self.lines if apart else []), *self._plugs()], self.where)
        except BaseException:
            self.undo()
            raise

    @property
    def _words_of_add(self) -> str:
        return f"ip {' '.join(self._add())}"

    def _plugs(self) -> list[list[str]]:
        lines = []
        for port, isolated in self.ports:
            if self.where.has(port):
                lines.append(["link", "set", "dev", port, "master", self.name])
                if isolated:
                    lines.append(["link", "set", "dev", port, "type", "bridge_slave", "isolated", "on"])
        return lines

    def _filter(self) -> None:
        """Have it tell VLANs apart, on which the entries of its table stand that are made by hand."""
        if not self.where.filters(self.name):
            raise errors.SystemCallError(
                f"Unable to set bridge {self.name} vlan_filtering via ioctl: Invalid argument",
                hint="this kernel has none (CONFIG_BRIDGE_VLAN_FILTERING): leave out macTableManager='libvirt'",
            )

    def _refusal(self, words: str) -> errors.Error:
        said = words.rpartition("answers: ")[2] or words
        hint = None
        if "File exists" in said:
            hint = f"a link of that name is there and is not ours: see ip link show {shlex.quote(self.name)}"
        elif "not supported" in said or "Unknown device type" in said:
            hint = "this kernel has no bridges: modprobe bridge"
        return errors.SystemCallError(f"error creating bridge interface {self.name}: {said}", hint=hint)

    def undo(self) -> None:
        if not self.where.gone and (self.where.mac_of(self.name) or "").lower() == self.mac:
            self.where.run([program("ip"), "link", "delete", "dev", self.name], check=False)

    def commands(self) -> list[str]:
        sysctls = [f"sysctl -w net.{key.replace('/', '.')}={value}" for key, value in self.settings.items()]
        filtering = [f"ip link set dev {self.name} type bridge vlan_filtering 1"] if self.filtering else []
        lines = [] if self.where.gone else self._plugs()
        return self.shown_all(
            [
                shlex.join(["ip", *self._add()]),
                *sysctls,
                *filtering,
                *(shlex.join(["ip", *words]) for words in (*self.lines, *lines)),
            ]
        )

    def undo_commands(self) -> list[str]:
        return self.shown_all([f"ip link delete dev {shlex.quote(self.name)}"])


def run_batch(lines: Sequence[Sequence[str]], where: Host = HOST) -> None:
    """Have ip(8) do several things in one run. Raises InternalError with its words, and the line that failed."""
    if not lines:
        return
    script = "".join(f"{' '.join(words)}\n" for words in lines)
    done = where.run([program("ip"), "-batch", "-"], input=script, check=False)
    if done.returncode:
        said = done.stderr.strip()
        number = int(said.rpartition("-:")[2]) if said.rpartition("-:")[2].isdigit() else 0
        what = f"ip {' '.join(lines[number - 1])}" if 0 < number <= len(lines) else "ip -batch -"
        raise errors.InternalError(f"Child process ({what}) unexpected exit status 1: {said.splitlines()[0]}")


class Forwarding(Placed, kind="forwarding/1"):
    """The host passes packets on, from link to link. It stays so, as others may have come to rely on it;
    ``switched`` are the settings that had another value before."""

    recorded = ("switched",)

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)
        self.switched: list[str] = []

    def do(self, note: Callable[[], None]) -> None:
        self.switched = [key for key in self.keys if not self.where.is_set(key)]
        note()
        self.where.set(dict.fromkeys(self.switched, "1"))

    def undo(self) -> None:
        pass

    def commands(self) -> list[str]:
        missing = [key for key in self.keys if self.where.gone or not self.where.is_set(key)]
        return self.shown_all([f"sysctl -w net.{key.replace('/', '.')}=1" for key in missing])

    def undo_commands(self) -> list[str]:
        return []


class Table(Placed, kind="nft-table/1"):
    """A table of nft, of which ``text`` is the whole; in place in one transaction, and gone when undone.

    ``chains`` is then what nft says of all chains that there are, of others as well.
    """

    recorded = ("family", "name")
    chains = ""

    def __init__(self, family: str, name: str, text: str) -> None:
        self.family = family
        self.name = name
        self.text = text

    @property
    def _words(self) -> str:
        return f"table {self.family} {self.name}"

    def do(self, note: Callable[[], None]) -> None:
        # A table that is deleted costs the kernel more than one that is made: it is asked for only where there is one.
        try:
            self.chains = self._nft(f"{self._made}list chains\n")
        except errors.InternalError as error:
            if "File exists" not in str(error):
                raise
            self.chains = self._nft(f"{self._replaced}list chains\n")

    def replace(self, *, check: bool = False) -> None:
        """Put it in the place of the one that is there; with ``check`` only ask whether nft would.

        Raises InternalError with nft's own words, SystemCallError where there is none.
        """
        self._nft(self._replaced, *(["--check"] if check else []))

    @property
    def _made(self) -> str:
        return f"create {self._words}\n{self.text}"

    @property
    def _replaced(self) -> str:
        return f"{self._deleted}{self.text}"

    @property
    def _deleted(self) -> str:
        # What is not there cannot be deleted; made and deleted in one transaction, it was never there.
        return f"{self._words}\ndelete {self._words}\n"

    def undo(self) -> None:
        if not self.where.gone:
            self._nft(self._deleted)

    def commands(self) -> list[str]:
        return self.shown_all([f"nft -f - <<'END'\n{self._made}END"])

    def undo_commands(self) -> list[str]:
        return self.shown_all([f"nft delete {self._words}"])

    def _nft(self, script: str, *options: str) -> str:
        """What nft answers to a script."""
        path = program("nft")
        if path == "nft":
            raise errors.SystemCallError(
                "Cannot find 'nft' in path: No such file or directory", hint="install the package nftables"
            )
        done = self.where.run([path, *options, "-f", "-"], input=script, check=False)
        if done.returncode:
            hint = None
            if "Operation not supported" in done.stderr or "No such file or directory" in done.stderr:
                hint = "this kernel may lack what the rules need: modprobe nf_tables nft_masq nft_ct nft_reject_inet"
            words = next((line for line in done.stderr.splitlines() if "rror" in line), done.stderr.strip())
            raise errors.InternalError(f"Failed to apply firewall rules: nft: {words}", hint=hint)
        return done.stdout
