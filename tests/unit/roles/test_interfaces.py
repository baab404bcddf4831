# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role offers to others is described, and nobody reaches behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
READERS = sorted(
    path
    for folder in ("roles", "playbooks", "scripts")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and path.suffix != ".pyc"
)
# The longest role name that fits is the owner's: _postgres_replica_x belongs to postgres_replica.
PRIVATE = re.compile(rf"(?<![A-Za-z0-9_])__?({'|'.join(sorted(ROLES, key=len, reverse=True))})_\w+")
INCLUDES = ("ansible.builtin.include_role", "ansible.builtin.import_role")


def role_of(path: Path) -> str | None:
    folder, name = path.relative_to(ROOT).parts[:2]
    return name if folder == "roles" else None


def tasks(content) -> Iterator[dict]:
    """Every task of a file, those in blocks and plays included."""
    for entry in content or []:
        yield entry
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks(entry.get(key))


def included() -> Iterator[tuple[Path, str, dict, dict]]:
    """(file, role, arguments, variables) of each role that is included; a role's name in a loop is the loop's affair."""
    for path in [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml"), *ROOT.glob("playbooks/tasks/*.yml")]:
        for task in tasks(yaml.safe_load(path.read_text())):
            for key in INCLUDES:
                if "{{" not in task.get(key, {}).get("name", "{{"):
                    yield path, task[key]["name"].rpartition(".")[2], task[key], task.get("vars", {})


def specifications(role: str) -> dict:
    return yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]


def test_private_variables_are_read_by_their_own_role_only():
    foreign = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in READERS
        for match in PRIVATE.finditer(path.read_text())
        if match[1] != role_of(path)
    }
    assert sorted(foreign) == []


def test_entry_points_that_something_else_uses_are_described():
    missing = {
        f"{path.relative_to(ROOT)}: {role}, {arguments['tasks_from']}"
        for path, role, arguments, _variables in included()
        if "tasks_from" in arguments and arguments["tasks_from"] not in specifications(role)
    }
    assert sorted(missing) == []


def test_entry_points_that_are_described_are_there_and_used():
    used = {(role, arguments.get("tasks_from", "main")) for _path, role, arguments, _variables in included()}
    for play in yaml.safe_load((ROOT / "playbooks" / "machines.yml").read_text()):
        for hook in play["roles"][0]["vars"]["machine_before_firewall"] if "roles" in play else ():
            used.add((hook["role"].rpartition(".")[2], hook["tasks_from"]))
    described = {(role, name) for role in ROLES for name in specifications(role) if name != "main"}
    assert described - used == set()
    assert [
        entry for entry in described if not (ROOT / "roles" / entry[0] / "tasks" / f"{entry[1]}.yml").exists()
    ] == []


def test_inputs_of_an_entry_point_are_among_its_options_and_those_required_are_given():
    wrong = []
    for path, role, arguments, variables in included():
        options = specifications(role)[arguments.get("tasks_from", "main")]["options"]
        required = {name for name, option in options.items() if option.get("required")}
        if set(variables) - set(options) or required - set(variables):
            wrong.append(f"{path.relative_to(ROOT)}: {role}, {arguments.get('tasks_from')}: {sorted(variables)}")
    assert wrong == []


def test_only_the_main_entry_point_costs_a_task_that_checks_its_arguments():
    validating = [
        f"{path.relative_to(ROOT)}: {role}"
        for path, role, arguments, _variables in included()
        if "tasks_from" in arguments and arguments.get("rolespec_validate", True)
    ]
    assert validating == []


def test_roles_do_not_need_each_other_in_a_circle():
    needs: dict[str, set[str]] = {role: set() for role in ROLES}
    for role in ROLES:
        dependencies = yaml.safe_load((ROOT / "roles" / role / "meta" / "main.yml").read_text())["dependencies"]
        needs[role] |= {entry["role"].rpartition(".")[2] for entry in dependencies}
    for path, role, _arguments, _variables in included():
        if role_of(path):
            needs[role_of(path)].add(role)
    without_needs: set[str] = set()
    while ready := {role for role in needs if role not in without_needs and needs[role] - {role} <= without_needs}:
        without_needs |= ready
    assert {role: needs[role] for role in needs if role not in without_needs} == {}


@pytest.mark.parametrize("role", ROLES)
def test_variables_hold_values_and_no_programs(role):
    files = sorted((ROOT / "roles" / role / "vars").rglob("*.yml"))
    programs = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\{%-? *(for|set)\b|\.update\(|\.append\(", line)
    ]
    assert programs == []
