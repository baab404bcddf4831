# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work is refused with its cause, and what served before still serves."""

from __future__ import annotations

import pytest
from support.helpers.lab import changed, playbook

BROKEN_ROUTE = {"routers": {"production-extra": {"rule": "Hostt(`app.test`)", "service": "production-app"}}}
UNKNOWN_SERVICE = {"routers": {"production-extra": {"rule": "Host(`x.app.test`)", "service": "nowhere"}}}
FILES = "find /opt/plannerate /etc/docker -type f -not -path '*/storage/*' -not -path '*/acme/*' -exec sha256sum {} + | sort"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"docker_host_environment": "qa"}, ["docker_host_environment is 'qa'", "production, staging"]),
        (
            {"docker_host_app_image": "registry.test:5000/callcocam/plannerate:9.9.9"},
            ["plannerate:9.9.9 cannot be pulled", "The running containers were not changed"],
        ),
        ({"docker_host_app_image": "callcocam/plannerate:latest"}, ["has no fixed tag"]),
        ({"docker_host_secrets": {"MAIL_PASSWORD": None}}, ["needs MAIL_PASSWORD", "PRODUCTION_<NAME>"]),
        (
            {"postgres_primary_databases": [{"name": "plannerate_production", "owner": "old_owner"}]},
            ["has no POSTGRES_OLD_OWNER_PASSWORD", "give it as password in postgres_primary_databases"],
        ),
        ({"docker_host_dynamic": BROKEN_ROUTE}, ["was taken back", "production-extra", "Hostt"]),
        ({"docker_host_dynamic": UNKNOWN_SERVICE}, ["was taken back", "production-extra", "nowhere"]),
    ],
    ids=["environment", "image", "tag", "secret", "owner", "rule", "service"],
)
def test_refused_with_the_cause(stacks, visitor, variables, words):
    before = stacks.containers(), stacks.machine.check_output(FILES)
    done = playbook("docker_host", variables=variables)
    said = " ".join(done.stdout.split())
    assert done.returncode != 0
    for word in words:
        assert word in said
    assert changed(done.stdout) == 0, done.stdout
    assert (stacks.containers(), stacks.machine.check_output(FILES)) == before
    assert visitor.ask("https://app.test/up").status == 200


def test_a_port_that_something_else_has(stacks):
    stacks.machine.check_output("docker stop plannerate-traefik")
    stacks.machine.check_output("systemd-run --unit=port-clash --collect python3 -m http.server 80")
    try:
        done = playbook("docker_host")
        assert done.returncode != 0
        assert "port 80 is taken by python3, which Traefik needs" in " ".join(done.stdout.split())
        assert changed(done.stdout) == 0
    finally:
        stacks.machine.check_output("systemctl stop port-clash; docker start plannerate-traefik")
    stacks.wait_until_healthy()
