# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty good inventories that are made up: what a converge would write is taken by the programs that read it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.helpers.checkout import ROOT
from support.helpers.real_programs import COMPOSE, POSTGRES, Programs
from support.inventories.mutations import mutated

COUNT = 20
GOOD = [number for number in range(60) if not mutated(number).mutations][:COUNT]
ASKED = {
    *("apt-config", "sh", "/usr/sbin/sshd", "fail2ban-client", "ufw", "systemd-analyze", "dockerd", COMPOSE),
    *(f"{POSTGRES}/postgres", "haproxy", "/usr/local/lib/pgbouncer/check-configuration"),
    *("promtool", "prometheus-blackbox-exporter", "amtool"),
}


@pytest.fixture(scope="module")
def programs():
    programs = Programs()
    programs.asked.clear()
    return programs


@pytest.mark.parametrize("number", GOOD)
def test_every_program_takes_what_is_written_for_it(programs, number, tmp_path):
    inventory = mutated(number).write(tmp_path)
    command = [sys.executable, "tests/support/programs/render_inventory.py", inventory]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    machines = json.loads(done.stdout)
    assert {name: list(programs.take(machine)) for name, machine in machines.items()} == {name: [] for name in machines}


def test_each_of_them_was_asked(programs):
    assert set(programs.asked) == ASKED and len(GOOD) == COUNT
