# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strangers reach the ports on the list and no other, whatever containers publish and whatever restarts; and all comes back."""

from __future__ import annotations

import subprocess

from support.helpers.edge import CONTAINERS, Stacks
from support.helpers.lab import DB01, wait_for


def engine_is_up():
    try:
        return Stacks().machine.run("systemctl is-active docker").rc == 0
    except RuntimeError:
        return False


def test_a_published_port_stays_closed_after_a_restart_of_the_machine(careless):
    # A machine with an engine inside needs longer than the default to stop.
    subprocess.run(["docker", "restart", "--time", "60", "plannerate-lab-app01"], check=True, timeout=120)
    wait_for(engine_is_up, timeout=90, what="the engine")
    careless.assert_closed()


def test_db01_shows_ssh_only(visitor):
    assert visitor.open_ports(DB01) == {22}


def test_nothing_of_a_stack_is_published(stacks):
    published = stacks.machine.check_output("docker ps --format '{{.Names}} {{.Ports}}'").splitlines()
    own = [line for line in published if line.split()[0] in CONTAINERS - {"plannerate-traefik"}]
    assert len(own) == len(CONTAINERS) - 1
    assert [line for line in own if "->" in line] == []
