"""An ordinary user's networks when something ends by itself, is missing or forbidden, or is killed at any moment."""

from __future__ import annotations

import os
import re
import shutil
import socket

import pytest

from tests.networks.ordinary import User, dropped, forward, free_port, guest_xml, marks, port_is_free, start
from tests.networks.space import until

pytestmark = marks


# what ends by itself
def test_a_way_out_that_died_is_made_again(user: User) -> None:
    port = free_port()
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01", forward(port))
    user.kill(user.pid("slirp4netns"))
    assert "(slirp4netns) had ended; it was started again" in user.virshpy("net-list").stderr
    assert "default via 10.0.2.2" in user.inside("ip route")
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert user.virshpy("net-list").stderr == ""
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_a_namespace_that_was_ended_takes_its_networks_along(user: User) -> None:
    for number in range(2):
        user.network(f"n{number}", 150 + number)
    start(user, None, "one", "52:54:00:00:0e:01", forward(free_port()), "n0")
    user.kill(user.keeper)
    said = user.virshpy("net-list").stderr
    assert "network 'n0' has ended" in said and "one: without a network until started again" in said and "'n1'" in said
    assert user.virshpy("net-list --all").stdout.count("inactive") == 2
    assert not user.left() or user.left() == user.held()
    user.virshpy("net-start n0")
    user.virshpy("destroy one; start one; destroy one; net-destroy n0")
    assert user.gone()


def test_a_network_that_starts_by_itself_comes_back_for_a_guest(user: User) -> None:
    user.network()
    user.virshpy("net-autostart lab")
    user.kill(user.keeper)
    start(user, None, "one", "52:54:00:00:0e:01")
    assert re.search(r"vnet\d+: .*master virbr0", user.inside("ip -o link"))
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_what_is_left_when_the_record_is_lost(user: User) -> None:
    """A runtime directory goes with a login, as processes may not: nothing of them stays, and networks start anew."""
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01")
    before = user.processes()
    assert len({pid for pid, _ in before if user.is_alive(pid)}) >= 4
    shutil.rmtree(user.root / "run")
    said = user.virshpy("list").stdout
    assert "one" in said and "inactive" in user.virshpy("net-list --all").stdout
    until(lambda: [words for _, words in user.processes() if "qemu" not in words] == [])
    user.virshpy("net-start lab")
    user.virshpy("destroy one; net-destroy lab")
    assert user.gone()


def test_a_guest_outlives_its_network(user: User) -> None:
    """The namespace stays for it, and the network that starts again has it."""
    user.network()
    start(user, None, "one", "52:54:00:00:0e:01")
    keeper = user.keeper
    assert "one: on network 'lab'" in user.virshpy("net-destroy lab").stderr
    user.virshpy("net-start lab")
    assert user.keeper == keeper and re.search(r"vnet\d+: .*master virbr0", user.inside("ip -o link"))
    user.virshpy("net-destroy lab")
    user.virshpy("destroy one")
    assert user.gone()


# what is not there, and what is forbidden
def test_without_slirp4netns(user: User) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to hide a program from the user")
    user.network(start=False)
    hide = 'mount --bind /dev/null "$0"; exec "$@"'
    path = shutil.which("slirp4netns") or ""
    said = user.fails("net-start lab", before=["unshare", "--mount", "sh", "-c", hide, path])
    assert "Cannot find 'slirp4netns' in path" in said and "install the package slirp4netns" in said
    assert user.gone()


def test_where_user_namespaces_are_used_up(user: User) -> None:
    """In a user namespace below which there may be none."""
    user.network(start=False)
    script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --inh-caps -all --ambient-caps -all "$@"'
    inside = [*dropped(), "unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", script, "sh"]
    done = user.run([*inside, *user.words("net-start", "lab")[len(dropped()) :]])
    assert "User namespaces are forbidden to you here by user.max_user_namespaces" in done.stderr, done
    assert "hint: an administrator allows them: sysctl user.max_user_namespaces=10000" in done.stderr
    assert user.gone()


# kill -9
_DISTURBED = """
import os, sys
from virshpy.host import store
count = int(sys.argv.pop(1))
def observe(name):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), 9)
store.observers.append(observe)
from virshpy.shell.main import entry
sys.exit(entry())
"""


@pytest.mark.parametrize("verb", ["net-start", "net-destroy"])
def test_killed_anywhere(user: User, verb: str) -> None:
    """The next command finds all of it or nothing, and no namespace without a network."""
    user.network(start=False)
    for moment in range(1, 200):
        if verb == "net-destroy":
            user.virshpy("net-start lab")
        words = [*user.python, "-c", _DISTURBED, str(moment), "-c", user.uri, verb, "lab"]
        done = user.run(words)
        active = "inactive" not in user.virshpy("net-list --all").stdout
        if active:
            assert "virbr0" in user.inside("ip -br link")
            user.virshpy("net-destroy lab")
        assert user.gone(), (moment, user.processes(), user.left())
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert moment > (30 if verb == "net-start" else 15)


def test_who_recovers_is_killed_as_well(user: User) -> None:
    user.network(start=False)
    for moment in range(1, 60, 3):
        user.run([*user.python, "-c", _DISTURBED, "40", "-c", user.uri, "net-start", "lab"])
        done = user.run([*user.python, "-c", _DISTURBED, str(moment), "-c", user.uri, "net-list"])
        assert "inactive" in user.virshpy("net-list --all").stdout
        assert user.gone(), (moment, user.processes(), user.left())
        if done.returncode == 0:
            break
    assert moment > 9


def test_what_a_killed_guest_leaves(user: User) -> None:
    """A start that was killed has no port of the host's, and no link."""
    port = free_port()
    user.network()
    path = user.file(guest_xml(user, None, "one", "52:54:00:00:0e:01", forward(port)), "one.xml")
    user.virshpy(f"define {path}")
    for moment in range(40, 110, 6):
        done = user.run([*user.python, "-c", _DISTURBED, str(moment), "-c", user.uri, "start", "one"])
        if user.virshpy("list --name").stdout.strip():
            user.virshpy("destroy one")
        assert port_is_free(port) and "vnet" not in user.inside("ip -br link"), moment
        if done.returncode == 0:
            break
    user.virshpy("net-destroy lab")
    assert user.gone()
