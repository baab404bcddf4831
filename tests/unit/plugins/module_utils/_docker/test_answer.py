# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Docker host answers is read."""

from __future__ import annotations

from support.helpers.docker_host_answer import ANSWER

from ansible_collections.plannerate.infra.plugins.module_utils._docker.answer import parse


def test_the_answer_is_read():
    found = parse(ANSWER)
    assert found["installed"] == ["docker.io"]
    assert (found["compose"], found["container"]) == (["2.26.1"], ["shop-traefik"])
    assert found["attached"] == ["shop-production-web"]
    assert parse("")["os"] == []
