# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror and a proxy that apt or the engine would not take are refused, and no password is shown."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.outside import problems


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"machine_apt_mirror": "", "machine_http_proxy": ""},
        {"machine_apt_mirror": "https://nexus.example.com:8443/repository"},
        {
            "machine_http_proxy": "http://10.0.0.9:3128",
            "machine_http_proxy_exceptions": ["a.example.com", ".b.test", "::1"],
        },
        {"docker_host_http_proxy": "http://[2001:db8::1]:3128/"},
    ],
)
def test_a_good_one_is_taken(variables):
    assert list(problems(variables)) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("machine_apt_mirror", "packages.example.com"),
        ("machine_apt_mirror", 'https://a.example.com/"; evil'),
        ("machine_apt_mirror", "https://user:secret@a.example.com"),
        ("machine_http_proxy", "proxy:3128"),
        ("machine_http_proxy", "http://proxy"),
        ("machine_http_proxy", "http://user:secret@proxy:3128"),
        ("docker_host_http_proxy", "http://proxy:3128\nEnvironment=X"),
        ("docker_host_http_proxy", "http://pro%xy:3128"),
        ("machine_http_proxy_exceptions", ["*.example.com"]),
        ("machine_http_proxy_exceptions", ["a b"]),
    ],
)
def test_another_is_refused_by_its_name(option, value):
    (found,) = problems({option: value})
    assert found.startswith(option) and "Write" in found and "secret" not in found
