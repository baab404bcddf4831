# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Docker host answers is read, and what cannot work on it is refused, without one."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.host import parse, problems

ANSWER = """\
os debian 13 trixie
architecture amd64
processors 2
package docker.io installed
package docker-compose not-installed
compose 2.26.1
container shop-traefik
attached shop-production-web
port 22 sshd
port 80 nginx
traefik converged
"""
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
    "registries": {},
    "variables": {},
    "app_containers": 1,
    "owned": True,
}


def test_the_answer_is_read():
    found = parse(ANSWER)
    assert found["installed"] == ["docker.io"]
    assert (found["compose"], found["container"]) == (["2.26.1"], ["shop-traefik"])
    assert found["attached"] == ["shop-production-web"]
    assert parse("")["os"] == []


@pytest.mark.parametrize(
    ("ways", "trusted", "refused"),
    [
        (["visitor eth0", "visitor lo"], [], None),
        (["visitor eth0", "visitor br-0123456789ab"], [], "br-0123456789ab"),
        (["visitor docker0"], ["wg0"], "docker0"),
        (["visitor named", "bridge named"], [], "named"),
        (["visitor br-0123456789ab"], ["br-0123456789ab"], None),
        (["visitor br-lan", "foreign br-lan"], [], None),
    ],
)
def test_whoever_comes_by_a_bridge_is_not_shut_out(ways, trusted, refused):
    said = problems(parse("\n".join([ANSWER, *ways])), {**WANTED, "trusted_interfaces": trusted})
    assert said == [] if refused is None else len(said) == 1 and f"[{', '.join([*trusted, refused])}]" in said[0]


def test_nothing_is_wrong_with_a_good_inventory():
    assert problems(parse(ANSWER), WANTED) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"environment": "qa"}, ["'qa'", "production"]),
        ({"environments": {"production": {"domain": "nonsense"}}}, ["domain"]),
        ({"environments": {"production": {"domain": "example.com", "color": "blue"}}}, ["color is not known"]),
        (
            {"environments": {"production": {"domain": "example.com"}, "staging": {"domain": "example.com"}}},
            ["staging", "already production's"],
        ),
        (
            {"environments": {"production": {"domain": "example.com"}, "traefik": {"domain": "example.org"}}},
            ["traefik"],
        ),
        (
            {"environments": {"production": {"domain": "example.com", "wildcard": "false"}}},
            ["production: wildcard is 'false', expected true or false"],
        ),
        ({"app_image": ""}, ["docker_host_app_image is empty"]),
        ({"images": ["shop:latest"]}, ["shop:latest", "no fixed tag"]),
        ({"images": ["registry.example.com:5000/shop"]}, ["no fixed tag"]),
        ({"images": ["shop:1.2@sha256:0123"]}, ["shop:1.2@sha256:0123 ends with no digest", "64 characters"]),
        ({"images": ["shop@1.2"]}, ["shop@1.2 ends with no digest"]),
        ({"traefik_image": "traefik:v3.6.4"}, ["3.7 or newer"]),
        ({"traefik_image": "traefik@sha256:0123"}, ["3.7 or newer"]),
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
        ({"cpus": {"app": 2.5}}, ["app is given 2.5 processors, this machine has 2", "docker_host_services"]),
        ({"cpus": {"traefik": 3}}, ["traefik is given 3 processors", "docker_host_traefik_limits"]),
        ({"trusted_proxies": ["cdn.example.com"]}, ["docker_host_trusted_proxies has cdn.example.com, expected an IP"]),
        ({"trusted_proxies": ["0.0.0.0/0"]}, ["docker_host_trusted_proxies has 0.0.0.0/0, which is everybody"]),
        ({"pgadmin_sources": ["office"]}, ["docker_host_pgadmin_sources has office, expected an IP address"]),
        ({"pgadmin_sources": ["0.0.0.0/0"]}, ["docker_host_pgadmin_sources has 0.0.0.0/0, which is everybody"]),
        ({"pgadmin_sources": ["::/0"]}, ["docker_host_pgadmin_sources has ::/0, which is everybody"]),
        ({"blocked_networks": ["metadata"]}, ["docker_host_blocked_networks has metadata, expected an IP address"]),
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
        ({"traefik_name": "other-traefik"}, ["port 80 is taken by nginx"]),
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


def test_a_digest_is_a_fixed_tag():
    assert problems(parse(ANSWER), {**WANTED, "images": ["shop@sha256:" + "0" * 64]}) == []


@pytest.mark.parametrize(
    ("system", "source", "refused"),
    [
        ("debian 12 bookworm", "distro", True),
        ("debian 12 bookworm", "docker", False),
        ("ubuntu 24.04 noble", "distro", False),
    ],
)
def test_a_distribution_without_compose_2_is_told_what_to_do(system, source, refused):
    found = problems(parse(f"os {system}\n"), {**WANTED, "package_source": source})
    assert bool(found) is refused
    assert all("docker_host_package_source: docker" in line for line in found)


def test_a_machine_that_its_owner_has_not_converged_is_refused():
    (found,) = problems(parse("os debian 13 trixie\n"), {**WANTED, "owned": False})
    assert "another inventory" in found


def test_an_engine_from_elsewhere_is_refused_before_it_would_be_removed():
    answer = parse("os debian 13 trixie\npackage docker-ce installed\npackage containerd.io not-installed\n")
    (found,) = problems(answer, WANTED)
    assert "docker-ce is installed" in found and "docker_host_package_source: docker" in found
