# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strangers reach the ports on the list and no other, whatever containers publish and whatever restarts; and all comes back."""

from __future__ import annotations

import subprocess

import pytest
from edge import ADDRESS, CONTAINERS, Stacks
from lab import DB01, wait_for

CARELESS = "edge-careless"
# Networks of the engine: of its own bridge, and the pool for all others.
NETWORKS = ("172.17.0.0/16", "198.19.0.0/16")
RUN = (
    f"docker run --detach --name {CARELESS} --restart unless-stopped --publish 0.0.0.0:8080:8080 "
    "registry.test:5000/callcocam/plannerate:1.0.0 php -S 0.0.0.0:8080"
)


@pytest.fixture(scope="module")
def careless(stacks, visitor):
    """The inner address of a container that publishes 8080 on all addresses; the visitor has a route to its network."""
    stacks.machine.run(f"docker rm --force {CARELESS}")
    stacks.machine.check_output(RUN)
    for network in NETWORKS:
        visitor.machine.check_output(f"ip route replace {network} via {ADDRESS}")
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    try:
        yield lambda name=CARELESS: stacks.machine.check_output(f"docker inspect --format '{template}' {name}")
    finally:
        for network in NETWORKS:
            visitor.machine.check_output(f"ip route delete {network}")
        stacks.machine.check_output(f"docker rm --force {CARELESS}")


def nothing(_stacks):
    pass


def firewall_reload(stacks):
    stacks.machine.check_output("ufw reload")


def engine_restart(stacks):
    stacks.machine.check_output("systemctl restart docker")


def machine_restart(stacks):
    # A machine with an engine inside needs longer than the default to stop.
    subprocess.run(["docker", "restart", "--time", "60", "plannerate-lab-app01"], check=True, timeout=120)
    wait_for(engine_is_up, timeout=90, what="the engine")


def engine_is_up():
    try:
        return Stacks().machine.run("systemctl is-active docker").rc == 0
    except RuntimeError:
        return False


@pytest.mark.parametrize("event", [nothing, firewall_reload, engine_restart, machine_restart])
def test_a_published_port_stays_closed_after(stacks, visitor, careless, event):
    before = stacks.containers()
    event(stacks)
    if event is not machine_restart:
        assert stacks.containers().keys() == before.keys()
        assert [entry[:2] for entry in stacks.containers().values()] == [entry[:2] for entry in before.values()]
    stacks.wait_until_healthy()
    # It is there and would answer: from its own machine it does.
    wait_for(
        lambda: stacks.machine.run(f"timeout 5 bash -c '</dev/tcp/{ADDRESS}/8080'").rc == 0,
        what=f"an answer of the container {CARELESS}",
    )
    assert visitor.open_ports(ADDRESS) == {22, 80, 443}
    for container in (careless(), careless("plannerate-redis-prod")):
        assert visitor.open_ports(container, "80,6379,8080") == set()
    assert visitor.ask("https://app.test/up").status == 200


def test_db01_shows_ssh_only(visitor):
    assert visitor.open_ports(DB01) == {22}


def test_nothing_of_a_stack_is_published(stacks):
    published = stacks.machine.check_output("docker ps --format '{{.Names}} {{.Ports}}'").splitlines()
    own = [line for line in published if line.split()[0] in CONTAINERS - {"plannerate-traefik"}]
    assert len(own) == len(CONTAINERS) - 1
    assert [line for line in own if "->" in line] == []
