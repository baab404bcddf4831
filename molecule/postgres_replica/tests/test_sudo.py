# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines on which sudo asks for a password: a change of primary becomes root on each of them as its other tasks do."""

from __future__ import annotations

import json

import pytest
from support.chaos.members import ADDRESSES, await_healthy, inside
from support.chaos.operator import INVENTORIES
from support.helpers.lab import playbook

RULE = "/etc/sudoers.d/ops"


@pytest.fixture
def passwords():
    """A function that gives the user of each machine a password, for which sudo asks; afterwards it asks for none."""

    def ask(each):
        for machine, password in each.items():
            inside(machine, "chpasswd", text=f"ops:{password}\n")
            inside(machine, f"echo 'ops ALL=(ALL) ALL' >{RULE}")

    yield ask
    for machine in ADDRESSES:
        inside(machine, f"echo 'ops ALL=(ALL) NOPASSWD:ALL' >{RULE}; usermod --lock ops")


def switched_over(target, *arguments):
    done = playbook(
        "switchover",
        *arguments,
        inventory=INVENTORIES / "production",
        variables={"switchover_target": target},
    )
    assert done.returncode == 0, done.stdout
    assert await_healthy() == target


def test_one_password_on_the_command_line_and_one_of_each_machine_in_the_inventory(passwords, tmp_path):
    word, overlay = tmp_path / "word", tmp_path / "overlay.json"
    passwords(dict.fromkeys(ADDRESSES, "the same $one's"))
    word.write_text("the same $one's\n")
    switched_over("pg-replica2", f"--become-password-file={word}")
    each = {machine: f"that of '{machine}'" for machine in ADDRESSES}
    passwords(each)
    hosts = {machine: {"ansible_become_password": password} for machine, password in each.items()}
    overlay.write_text(json.dumps({"machines": {"hosts": hosts}}))
    switched_over("pg-main", f"--inventory={overlay}")
