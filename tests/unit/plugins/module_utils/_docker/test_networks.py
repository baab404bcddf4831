# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and networks are some, and not everybody's."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.networks import problems

WANTED = {
    "blocked": ["169.254.0.0/16", "fd00:ec2::254"],
    "pgadmin_sources": ["192.0.2.7", "2001:db8::/64"],
    "trusted_proxies": ["192.0.2.0/24"],
}


def test_nothing_is_wrong_with_good_ones():
    assert problems(**WANTED) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trusted_proxies": ["cdn.example.com"]}, ["docker_host_trusted_proxies has cdn.example.com, expected an IP"]),
        ({"trusted_proxies": ["0.0.0.0/0"]}, ["docker_host_trusted_proxies has 0.0.0.0/0, which is everybody"]),
        ({"pgadmin_sources": ["office"]}, ["docker_host_pgadmin_sources has office, expected an IP address"]),
        ({"pgadmin_sources": ["0.0.0.0/0"]}, ["docker_host_pgadmin_sources has 0.0.0.0/0, which is everybody"]),
        ({"pgadmin_sources": ["::/0"]}, ["docker_host_pgadmin_sources has ::/0, which is everybody"]),
        ({"blocked": ["metadata"]}, ["docker_host_blocked_networks has metadata, expected an IP address"]),
    ],
)
def test_each_problem_is_named(change, words):
    found = " ".join(problems(**{**WANTED, **change}))
    for word in words:
        assert word in found
