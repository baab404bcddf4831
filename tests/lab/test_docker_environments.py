# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment changes only its own, and its values arrive as they were given."""

from __future__ import annotations

import pytest
from support.helpers.lab import ADDRESSES, playbook

TRICKY = """it's a "test" of $HOME, \\ and # 100%"""
# All that staging's inventory could touch of production and of the machine.
FILES = (
    "find /opt/plannerate/production /opt/plannerate/traefik /etc/docker /etc/ufw /root/.docker -type f "
    "-not -path '*/storage/*' -not -path '*/acme/*' -not -name staging.yml -exec sha256sum {} + | sort -k2"
)


def converge(inventory, *arguments, **variables):
    done = playbook("docker_host", *arguments, inventory=inventory, variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def as_before():
    yield
    converge("staging")


def foreign(stacks):
    return {name: entry for name, entry in stacks.containers().items() if not name.endswith("-staging")}


@pytest.mark.usefixtures("as_before")
def test_staging_changes_only_its_own(stacks, visitor):
    before = stacks.machine.check_output(FILES), foreign(stacks)
    converge(
        "staging",
        docker_host_app_image="registry.test:5000/callcocam/plannerate:1.1.0",
        docker_host_env={"TRICKY": TRICKY},
        docker_host_public_ports=[80, 443, 8443],
    )
    assert (stacks.machine.check_output(FILES), foreign(stacks)) == before
    assert "8443" not in stacks.machine.check_output("iptables -S DOCKER-USER; ufw status")
    assert visitor.ask("https://dev.test/").headers["x-release"] == "1.1.0"
    assert visitor.ask("https://app.test/").headers["x-release"] == "1.0.0"
    assert stacks.machine.check_output("docker exec plannerate-app-staging printenv TRICKY") == TRICKY


def test_neither_stack_reaches_the_others_redis(stacks):
    ask = "docker exec plannerate-app-staging php -r 'exit(@fsockopen(\"plannerate-redis-{}\", 6379, $c, $m, 3) ? 0 : 1);'"
    assert stacks.machine.run(ask.format("staging")).rc == 0
    assert stacks.machine.run(ask.format("prod")).rc == 1


def test_a_container_reaches_neither_metadata_nor_the_machines_ssh(stacks):
    ask = "docker exec plannerate-app-staging php -r 'exit(@fsockopen(\"{}\", {}, $c, $m, 2) ? 0 : 1);'"
    assert stacks.machine.run(ask.format(ADDRESSES["db01"], 6432)).rc == 0, "the way of an application"
    for name in ("app01", "db01"):
        assert stacks.machine.run(ask.format(ADDRESSES[name], 22)).rc == 1, name
    # Nothing has that address here, so the rule's own counter tells.
    dropped = "iptables -vxnL containers-forward | awk '$3 == \"DROP\" && /169.254.0.0/ { print $1 }'"
    before = int(stacks.machine.check_output(dropped))
    stacks.machine.run(ask.format("169.254.169.254", 80))
    assert int(stacks.machine.check_output(dropped)) > before
