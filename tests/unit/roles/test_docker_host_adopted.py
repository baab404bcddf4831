# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode says of an engine that runs already, where packages beside it are missing."""

from __future__ import annotations

import json

import pytest
from support.helpers.plays import values_of_role

INSTALLED = ["docker.io", "docker-cli", "iptables"]
OURS = {"log-driver": "journald", "live-restore": True, "ip": "127.0.0.1", "userland-proxy": True}
ENGINE = {"name": "docker", "kind": "engine", "why": "/etc/docker/daemon.json changed"}


@pytest.mark.parametrize(
    ("daemon", "engine", "restarts"),
    [
        ({"data-root": "/srv/docker"}, "answers", [ENGINE]),
        ({}, "answers", [ENGINE]),
        ({**OURS, "data-root": "/srv/docker"}, "answers", []),
        ({}, "", []),
    ],
)
def test_what_is_known_to_restart_is_listed_beside_what_is_missing(tmp_path, daemon, engine, restarts):
    lines = [f"package {name} installed" for name in INSTALLED]
    lines += ["os debian 13 trixie", f"engine {engine}"]
    lines += [f"daemon {line}" for line in json.dumps(daemon, indent=4, sort_keys=True).splitlines() if daemon]
    asked = ("_docker_host_first_restarts", {"__docker_host_probe": {"stdout": "\n".join(lines)}})
    ((unknown, *known),) = values_of_role(tmp_path, "docker_host", asked)
    assert unknown["why"] == "these packages are not installed yet: docker-compose"
    assert known == restarts
