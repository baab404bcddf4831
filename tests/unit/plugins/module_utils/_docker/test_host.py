# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work on a Docker host is refused, without one: every part of it."""

from __future__ import annotations

import pytest
from support.helpers.docker_host_answer import ANSWER

from ansible_collections.plannerate.infra.plugins.module_utils._docker.answer import parse
from ansible_collections.plannerate.infra.plugins.module_utils._docker.host import problems

WANTED = {
    "environments": {"production": {"domain": "example.com", "suffix": "prod"}},
    "environment": "production",
    "app_image": "registry.example.com/shop:1.2",
    "images": ["traefik:v3.7.9", "registry.example.com/shop:1.2"],
    "traefik_image": "traefik:v3.7.9",
    "traefik_name": "shop-traefik",
    "pgadmin_email": "team@example.com",
    "acme_email": "team@example.com",
    "dns_provider": "cloudflare",
    "package_source": "distro",
    "daemon": {},
    "services": {},
    "cpus": {"app": 1.5, "traefik": 2},
    "trusted_proxies": ["192.0.2.0/24"],
    "pgadmin_sources": ["192.0.2.7", "2001:db8::/64"],
    "trusted_interfaces": [],
    "blocked_networks": ["169.254.0.0/16", "fd00:ec2::254"],
    "limits": {
        "requests_per_second": 0,
        "requests_burst": 1000,
        "requests_in_flight": 300,
        "login_paths": ["/login"],
        "logins_per_minute": 20,
        "logins_burst": 20,
    },
    "registries": {},
    "variables": {},
    "app_containers": 1,
    "deploy_keys": [],
    "deploy_key_user": "deploy-key-production",
    "deploy_key_options": {},
    "owned": True,
}


def test_nothing_is_wrong_with_a_good_inventory():
    assert problems(parse(ANSWER), WANTED) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"environment": "qa"}, ["'qa'", "production"]),
        ({"app_image": ""}, ["docker_host_app_image is empty"]),
        ({"trusted_proxies": ["cdn.example.com"]}, ["docker_host_trusted_proxies has cdn.example.com, expected an IP"]),
        ({"blocked_networks": ["metadata"]}, ["docker_host_blocked_networks has metadata"]),
        ({"pgadmin_sources": ["office"]}, ["docker_host_pgadmin_sources has office"]),
        ({"limits": {**WANTED["limits"], "logins_burst": 0}}, ["docker_host_logins_burst is 0"]),
        ({"cpus": {"app": 2.5}}, ["app is given 2.5 processors"]),
        ({"pgadmin_email": ""}, ["docker_host_pgadmin_email"]),
        (
            {"services": {"queue": {"memory_max": "1g"}}},
            ["queue: memory_max is not known", "command, memory, healthcheck"],
        ),
        ({"services": {"queue": {"command": "php artisan"}}}, ["command: [php, artisan]"]),
        ({"services": {"queue": {"stop_grace_period": 90}}}, ["stop_grace_period is 90, expected a text such as 90s"]),
        ({"services": {"app": {"stop_signal": "QUIT"}}}, ["stop_signal is 'QUIT', expected a text such as SIGTERM"]),
        ({"services": {"app": {"cpus": "1"}}}, ["app: cpus is '1', expected a number"]),
        ({"services": {"app": {"cpus": 0}}}, ["app: cpus is 0"]),
        ({"services": {"app": {"pids_limit": 0.5}}}, ["app: pids_limit is 0.5", "a whole number"]),
        ({"services": {"app": {"pids_limit": True}}}, ["app: pids_limit is True"]),
        ({"services": {"app": {"read_only": "no"}}}, ["app: read_only is 'no', expected true or false"]),
        ({"services": {"app": {"tmpfs": ["tmp"]}}}, ["app: tmpfs is ['tmp'], expected a list of directories"]),
        ({"services": {"app": {"capabilities": "CHOWN"}}}, ["app: capabilities is 'CHOWN', expected a list"]),
        ({"services": {"app": {"capabilities": ["ALL", "CHOWN"]}}}, ["app: capabilities: ALL is not known"]),
        ({"services": {"queue": "php artisan"}}, ["queue is 'php artisan', expected a dictionary"]),
        (
            {"registries": {"ghcr.io": {"usernames": "me", "password": "x"}}},
            ["ghcr.io: usernames is not known", "missing"],
        ),
        ({"registries": {"https://ghcr.io": {"username": "me", "password": "x"}}}, ["by the host alone"]),
        ({"variables": {"docker_host_env": {"KEY": "one\ntwo"}}}, ["docker_host_env: KEY has several lines"]),
        ({"variables": {"docker_host_secrets": {"KEY": ["one"]}}}, ["docker_host_secrets: KEY is a list"]),
        ({"variables": {"docker_host_env": {"A-KEY": "x"}}}, ["docker_host_env: A-KEY is no name"]),
        ({"acme_email": "team"}, ["docker_host_acme_email"]),
        ({"dns_provider": ""}, ["wildcard", "docker_host_acme_dns_provider"]),
        ({"services": {"cron": {}}}, ["cron is not known"]),
    ],
)
def test_each_problem_is_named(change, words):
    found = " ".join(problems(parse(ANSWER), {**WANTED, **change}))
    for word in words:
        assert word in found


def test_a_machine_that_was_not_asked_is_not_told_how_many_processors_it_has():
    assert problems(parse(""), {**WANTED, "cpus": {"app": 64}}) == []


def test_every_right_that_linux_has_may_be_named():
    given = {
        "capabilities": ["NET_BIND_SERVICE", "SYS_PTRACE"],
        "cpus": 0.5,
        "pids_limit": 64,
        "read_only": True,
        "tmpfs": ["/run"],
    }
    assert problems(parse(ANSWER), {**WANTED, "services": {"app": given}}) == []
