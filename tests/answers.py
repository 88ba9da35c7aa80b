"""Every result that a command gives while a test runs, held against what the command declares to give."""

from __future__ import annotations

import json
from typing import Any

from virshpy.shell.failure import Failure
from virshpy.shell.lang import registry
from virshpy.shell.lang.shapes import fault, has_type
from virshpy.shell.lang.vocabulary import ERROR, EVERYWHERE
from virshpy.shell.render.output import Renderer, error_data
from virshpy.shell.render.results import Explanation, Plan, Progress, Result

render, failure = Renderer.render, Renderer.failure
# What the present test has found: faults, and which forms of its answer (by their place in its declaration) each
# command has given.
faults: list[str] = []
forms: dict[str, set[int]] = {}


def watched(self: Renderer, command: str, result: Result) -> None:
    """Renderer.render, looked over its shoulder."""
    special: dict[type[Result], str] = {Explanation: "--explain", Plan: "--dry-run", Progress: "--verbose"}
    declared = EVERYWHERE.get(special.get(type(result), ""))
    check(command, result.data(), declared)
    render(self, command, result)


def watched_failure(self: Renderer, told: Failure, command: str | None) -> None:
    """Renderer.failure, in the same way."""
    error = error_data(told, command)
    if found := error_fault(error):
        faults.append(f"{command}: {found} in {error}")
    failure(self, told, command)


def check(command: str, result: dict[str, Any], declared: str | None = None) -> None:
    """Note the form of a command's result, or what is wrong with it."""
    returns = registry.find_known(command).returns if declared is None else declared
    if found := fault(result, returns):
        faults.append(f"{command}: {found} in {result}")
    elif declared is None:
        fitting = {place for place, form in enumerate(returns.split("|")) if fault(result, form.strip()) is None}
        forms.setdefault(command, set()).update(fitting)


def check_printed(stdout: str, stderr: str) -> None:
    """The same of what another process has printed as JSON."""
    for line in [*stdout.splitlines(), *stderr.splitlines()]:
        printed = json.loads(line) if line.startswith('{"version"') else {}
        if "result" in printed:
            result = printed["result"]
            special = next((keys for name, keys in EVERYWHERE.items() if keys.split()[0] in result), None)
            check(printed["command"], result, special)
        elif "error" in printed and (found := error_fault(printed["error"])):
            faults.append(f"{found} in {printed}")


def error_fault(error: dict[str, Any]) -> str | None:
    """Why the object of an error is not what docs/json.md says."""
    if set(error) != set(ERROR):
        return "not the keys of an error"
    wrong = [key for key, (kind, _) in ERROR.items() if not has_type(error[key], kind)]
    return f"{wrong[0]} is not of its type" if wrong else None
