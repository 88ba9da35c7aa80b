"""--explain says what a line would do and does nothing; mistakes are answered with what may have been meant."""

from __future__ import annotations

import pytest

from tests.transcripts.transcripts import URI, run_virshpy
from virshpy.shell.lang import registry


def test_in_words_and_undone() -> None:
    outcome = run_virshpy(["-c", URI, "destroy test --graceful --explain; list --name"])
    assert outcome.code == 0
    assert outcome.stdout.startswith("destroy: pull a domain's plug; ")
    assert "--domain 'test'" in outcome.stdout and f"It goes to {URI}." in outcome.stdout
    assert outcome.stdout.endswith("test\n\n")


def test_where_it_goes_and_how_its_domain_stands() -> None:
    told = run_virshpy(["undefine", "test", "--explain"]).stdout
    assert f"It goes to {URI}." in told and "At present test is running." in told
    told = run_virshpy(["-c", URI, "start nobody --explain"]).stdout
    assert "It would be refused: failed to get domain 'nobody'" in told
    told = run_virshpy(["-c", "bogus:///", "--explain", "list"]).stdout
    assert "It would be refused: failed to connect to the hypervisor" in told


def test_a_line_that_is_wrong_opens_nothing() -> None:
    outcome = run_virshpy(["-c", "bogus:///", "--explain", "-r", "list", "--table", "--name"])
    assert outcome.code == 0 and "It goes to bogus:/// (read-only)." in outcome.stdout
    assert "It would be refused: Options --table and --name are mutually exclusive" in outcome.stdout


@pytest.mark.parametrize("name", registry.names())
def test_examples_can_be_explained(name: str) -> None:
    for line, _ in registry.find_known(name).examples:
        outcome = run_virshpy(["-c", URI, "--explain", line.removesuffix(" -o json")])
        assert outcome.code == 0 and outcome.stdout.startswith(f"{name}: "), line


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("lsit", "did you mean 'list'?"),
        ("list --inactiv", "did you mean --inactive?"),
        ("list --zzz", "'help list' shows its options"),
        ("zzz", "'help' lists the commands"),
        ("list -a", "did you mean --all?"),
        ("list --all x", "'help list' shows its options"),
        ("define a.xml b", "'define' takes <file>; a value with blanks in it goes into quotes"),
        ("destroy test; domblkerror test", "'list --all' shows what state it is in"),
        ("net-start default", "'net-list --all' shows what state it is in"),
        ("vol-wipe x default-pool", "'vol-list POOL' shows the volumes of a pool"),
        ("vol-wipe x default-pool; nodedev-reset computer", "libvirt's test driver does not do that, either"),
        ("domrename a b c", "'domrename' takes <domain> <new-name>"),
        ("domid a -b", "'help domid' shows its options"),
        ("domid", "'help domid' shows its options"),
        ("domid --domain", "what follows --domain: "),
        ("list --all --all", "give --all once"),
        ("list --all=x", "--all takes no value"),
        ("list --table --id", "leave --table or --id out"),
        ('echo "', "each quotation mark"),
        ("echo \\", "write the backslash twice"),
        ("domid tes", "did you mean 'test'?"),
        ("define /nonexistent/x", "there is no directory"),
        ("undefine test --delete-storage-volume-snapshots", "add --remove-all-storage"),
        ("shutdown test --mode x", "separated by commas: acpi"),
        ("domid ''", "--domain is "),
        ("help lsit", "did you mean 'list'?"),
        ("net-info x", "'net-list --all' shows the networks"),
        ("iothreadadd test 0", "--id is number of the new I/O thread"),
        ("dompmsuspend test x", "--target is one of mem, disk, hybrid"),
        ("snapshot-parent test", "--snapshotname: name of a snapshot; --current: the current snapshot"),
        ("send-key test x", "for example: send-key test KEY_LEFTCTRL"),
    ],
)
def test_mistakes_are_answered(line: str, hint: str) -> None:
    outcome = run_virshpy(["--hints", "-c", URI, line])
    assert outcome.code == 1 and f"hint: {hint}" in outcome.stderr, outcome.stderr


def test_a_program_option_that_is_not_known() -> None:
    outcome = run_virshpy(["--bogus"])
    assert outcome.code == 1 and outcome.stderr.startswith("error: unsupported option")
