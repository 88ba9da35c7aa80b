"""What only containers have."""

from __future__ import annotations

from virshpy import errors
from virshpy.shell.commands.domain.options import RUNNING
from virshpy.shell.lang.command import command, flag, words
from virshpy.shell.lang.types import STRING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.api.domain import Domain


@command(
    "lxc-enter-namespace",
    "run a command inside a container",
    "Run a command in the namespaces of an LXC guest.",
    (RUNNING, flag("noseclabel", "with the present security label"), words("cmd", STRING, "the command",
                                                                          optional=False)),
    examples=(("lxc-enter-namespace test /bin/ps", "what runs there"),),
    returns="",
)  # fmt: skip
def lxc_enter_namespace(domain: Domain) -> None:
    domain.lxc_enter_namespace(domain.lxc_open_namespace())
    raise errors.NoSupport("virDomainLxcEnterNamespace", hint="no driver here has containers")
