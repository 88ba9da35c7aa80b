"""What to do about an error. Loaded when a hint is about to be shown.

Below the shell a hint names an action, an operation of the contract: here it becomes the command line that does it, on
the connection in use. Where whoever raised the error has not said what helps, the most particular answer is given: by
libvirt's code, where that alone says it; by the option that was being read, by a word that is none of an option's
choices, by the options that the sentence names; of a line that could not be carried out, the command's own example.
Where nothing is known, nothing is said.
"""

from __future__ import annotations

import re

from virshpy.shell.lang import registry
from virshpy.shell.lang.types import Choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from virshpy import errors
    from virshpy.shell.failure import Failure
    from virshpy.shell.lang.command import Command, Invocation

_RIGHTS = "the user may not do that on the host; qemu:///session has guests of your own"
_EXIST = "to change the existing one, put its <uuid> into the document; else choose another name"
_AGENT = "see whether the guest runs its agent and has a channel org.qemu.guest_agent.0"
CODES = {
    "VIR_ERR_NO_MEMORY": "the host has too little memory: freecell shows how much is free",
    "VIR_ERR_NO_CONNECT": "'help connect' shows what a URI looks like",
    "VIR_ERR_OS_TYPE": "'capabilities' lists the kinds of guests that there can be",
    "VIR_ERR_NO_DOMAIN": "'list --all' shows the domains",
    "VIR_ERR_NO_NETWORK": "'net-list --all' shows the networks",
    "VIR_ERR_NO_STORAGE_POOL": "'pool-list --all' shows the pools",
    "VIR_ERR_NO_STORAGE_VOL": "'vol-list POOL' shows the volumes of a pool, 'pool-refresh POOL' looks for new ones",
    "VIR_ERR_NO_NODE_DEVICE": "'nodedev-list' shows the devices",
    "VIR_ERR_NO_INTERFACE": "'iface-list --all' shows the interfaces",
    "VIR_ERR_NO_NWFILTER": "'nwfilter-list' shows the filters",
    "VIR_ERR_NO_NWFILTER_BINDING": "'nwfilter-binding-list' shows what filters are bound to",
    "VIR_ERR_NO_SECRET": "'secret-list' shows the secrets; 'secret-set-value' gives one its value",
    "VIR_ERR_NO_DOMAIN_SNAPSHOT": "'snapshot-list DOMAIN' shows the snapshots; one is current after it was taken",
    "VIR_ERR_NO_DOMAIN_CHECKPOINT": "'checkpoint-list DOMAIN' shows the checkpoints",
    "VIR_ERR_NO_DOMAIN_BACKUP": "'backup-begin DOMAIN' begins one",
    "VIR_ERR_NO_DOMAIN_METADATA": "'metadata DOMAIN URI --key PREFIX --set XML' would set some",
    "VIR_ERR_NO_NETWORK_METADATA": "'net-metadata NETWORK URI --key PREFIX --set XML' would set some",
    "VIR_ERR_NO_NETWORK_PORT": "'net-port-list NETWORK' shows the ports",
    "VIR_ERR_OPERATION_DENIED": "this connection is read-only: open it without --readonly (-r)",
    "VIR_ERR_OPERATION_TIMEOUT": "somebody else is at work on it: try again, or see 'domjobinfo DOMAIN'",
    "VIR_ERR_RESOURCE_BUSY": "somebody else is at work on it: try again, or see 'domjobinfo DOMAIN'",
    "VIR_ERR_BLOCK_COPY_ACTIVE": "see 'blockjob DOMAIN DISK'; '--pivot' or '--abort' ends it",
    "VIR_ERR_XML_INVALID_SCHEMA": "what the schema does not know is refused with --validate only",
    "VIR_ERR_DOM_EXIST": _EXIST,
    "VIR_ERR_NETWORK_EXIST": _EXIST,
    "VIR_ERR_STORAGE_VOL_EXIST": "choose another name, or 'vol-delete' the existing one",
    "VIR_ERR_STORAGE_POOL_BUILT": "--overwrite builds it all the same; the data that are there are lost",
    "VIR_ERR_SNAPSHOT_REVERT_RISKY": "--force reverts all the same",
    "VIR_ERR_MIGRATE_UNSAFE": "--unsafe migrates all the same, where caches of disks are known to do no harm",
    "VIR_ERR_CPU_INCOMPATIBLE": "'capabilities' shows the host's processor, 'domcapabilities' what guests may have",
    "VIR_ERR_AUTH_FAILED": _RIGHTS,
    "VIR_ERR_AUTH_UNAVAILABLE": _RIGHTS,
    "VIR_ERR_ACCESS_DENIED": _RIGHTS,
    "VIR_ERR_AGENT_UNRESPONSIVE": _AGENT,
    "VIR_ERR_AGENT_UNSYNCED": _AGENT,
    "VIR_ERR_OVERFLOW": "the number is larger than what it is for",
    "VIR_ERR_DEVICE_MISSING": "'dumpxml DOMAIN' shows its devices",
}

# The prefixes of commands about objects that are active or not.
_WITH_STATES = ("net-", "pool-", "iface-", "nodedev-")

# What carries out the action that a hint of an error names, with the action's words where they belong.
ACTIONS = {
    "connect_baseline_hypervisor_cpu": "hypervisor-cpu-baseline --features",
    "connect_get_capabilities": "capabilities",
    "connect_get_cpu_model_names": "cpu-models {}",
    "connect_get_hypervisor_cpu_model_names": "hypervisor-cpu-models",
    "connect_list_all_domains": "list --all",
    "connect_list_all_networks": "net-list --all",
    "domain_create_with_flags": "start {}",
    "domain_destroy_flags": "destroy {}",
    "domain_get_xml_desc": "dumpxml {}",
    "domain_pm_wakeup": "dompmwakeup {}",
    "domain_rename": "domrename {} {}",
    "domain_shutdown_flags": "shutdown {}",
    "network_create": "net-start {}",
    "node_get_cells_free_memory": "freecell",
    "node_get_free_pages": "freepages --all",
    "secret_define_xml": "secret-define {}",
    "secret_set_value": "secret-set-value {} --interactive",
    "secret_undefine": "secret-undefine {}",
    "storage_pool_create": "pool-start {}",
    "storage_pool_define_xml": "pool-define {}",
    "storage_pool_destroy": "pool-destroy {}",
    "storage_pool_list_all_volumes": "vol-list {}",
    "storage_pool_undefine": "pool-undefine {}",
}


def hint_for(failure: Failure, name: str | None) -> str:
    """One sentence; ``name`` is the command that failed, or None where there was none yet. It is empty where whoever
    raised the error wants none, and where nothing is known that would help."""
    if failure.hint is not None:
        return f"{failure.hint}: {_line(failure)}" if failure.action else failure.hint
    if failure.cause is not None:
        return _by_code(failure, failure.cause, name or "")
    if failure.message is None:
        return ""
    command = registry.lookup(name) if name else None
    if command is None:
        return "'help' lists the commands, 'help COMMAND' describes one"
    if failure.option is not None:
        return f"--{failure.option.name} is {failure.option.help}"
    told = [*_wrong_choices(failure.arguments), *_mentioned(failure, command)]
    if told:
        return "; ".join(told)
    line, meaning = command.examples[0]
    return f"for example: {line} ({meaning}); 'help {command.name}' says more"


# What there is instead of what QEMU guests do not have yet, by the noun in the C function's name.
_INSTEAD = (("Network", "virtual networks", "an <interface> of type 'user' or 'bridge'"),)


def _by_code(failure: Failure, cause: errors.Error, command: str) -> str:
    """What libvirt's code says by itself, with the command's own noun and the connection in use."""
    if cause.name == "VIR_ERR_OPERATION_INVALID":
        prefix = next((noun for noun in _WITH_STATES if command.startswith(noun)), "")
        return f"'{prefix}list --all' shows what state it is in"
    if cause.name == "VIR_ERR_NO_SUPPORT":
        if failure.uri.startswith("test:"):
            return "libvirt's test driver does not do that, either"
        for noun, nouns, instead in _INSTEAD:
            if noun in (cause.detail or ""):
                return f"there are no {nouns} on QEMU yet; {instead} works without"
        return "virshpy does not do that on QEMU yet"
    return CODES.get(cause.name, "")


def _line(failure: Failure) -> str:
    """The command line of the failure's action, as it is to be pasted where this one was given."""
    from shlex import quote

    operation, *words = failure.action or ()
    return failure.called + ACTIONS[operation].format(*map(quote, words))


def _wrong_choices(arguments: Invocation | None) -> Iterator[str]:
    for option in arguments.command.options if arguments else ():
        texts = arguments.given.get(option.name) if arguments else None
        if isinstance(option.type, Choice) and texts and texts[0] not in option.type.choices:
            yield f"--{option.name} is one of {', '.join(option.type.choices)}"


def _mentioned(failure: Failure, command: Command) -> Iterator[str]:
    """The options that the sentence names."""
    for name in dict.fromkeys(re.findall(r"--([a-z][a-z0-9-]*)", failure.message or "")):
        option = command.find(name)
        if option is not None:
            yield f"--{name}: {option.help}"
