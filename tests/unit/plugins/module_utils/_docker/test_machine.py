# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work on a machine is refused by what it answered."""

from __future__ import annotations

import pytest
from support.helpers.docker_host_answer import ANSWER

from ansible_collections.plannerate.infra.plugins.module_utils._docker.answer import parse
from ansible_collections.plannerate.infra.plugins.module_utils._docker.machine import problems

WANTED = {
    "traefik_name": "shop-traefik",
    "package_source": "distro",
    "daemon": {},
    "cpus": {"app": 1.5, "traefik": 2},
    "trusted_interfaces": [],
    "owned": True,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cpus": {"app": 2.5}}, ["app is given 2.5 processors, this machine has 2", "docker_host_services"]),
        ({"cpus": {"traefik": 3}}, ["traefik is given 3 processors", "docker_host_traefik_limits"]),
        ({"traefik_name": "other-traefik"}, ["port 80 is taken by nginx"]),
    ],
)
def test_each_problem_is_named(change, words):
    found = " ".join(problems(parse(ANSWER), {**WANTED, **change}))
    for word in words:
        assert word in found


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
