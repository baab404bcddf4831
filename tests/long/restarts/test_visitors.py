# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Visitors of production, while environments come and go, and while its own containers are replaced."""

from __future__ import annotations

import contextlib

import pytest
from support.helpers.edge import ROOTS
from support.helpers.lab import playbook
from support.helpers.restarts import containers, restarted

RELEASE = {"docker_host_app_image": "registry.test:5000/callcocam/plannerate:1.1.0"}
ENVIRONMENTS = {"production": {"domain": "app.test", "suffix": "prod"}, "staging": {"domain": "dev.test"}}
DNS = {
    "RFC2136_NAMESERVER": "198.18.0.13:53", "RFC2136_TSIG_KEY": "lab.", "RFC2136_TSIG_ALGORITHM": "hmac-sha256.",
    "RFC2136_TSIG_SECRET": "bGFiLW9ubHkta2V5LWZvci1yZmMyMTM2LXVwZGF0ZXM=",
}  # fmt: skip
TRAEFIK = ("app01", "plannerate-traefik")
CODES = "/tmp/codes"
ASK = (
    f"while sleep 0.05; do curl --silent --output /dev/null --max-time 10 --cacert {ROOTS} "
    rf"--write-out '%{{http_code}}\n' https://app.test/up || echo failed; done >{CODES} 2>/dev/null"
)


def converge(**variables):
    done = playbook("docker_host", variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def visits(visitor):
    """A context in which somebody visits; the list that it gives is then full of the answers."""

    @contextlib.contextmanager
    def visits():
        codes = []
        process = visitor.machine.check_output(f'nohup setsid sh -c "{ASK}" >/dev/null 2>&1 & echo $!')
        try:
            yield codes
        finally:
            visitor.machine.run(f"kill -- -{process}")
            codes += visitor.machine.check_output(f"cat {CODES}").split()
        wrong = [code for code in codes if code != "200"]
        print(f"{len(codes)} requests, {len(wrong)} failed: {sorted(set(wrong))}")

    return visits


@pytest.fixture
def as_before(machine):
    yield
    converge()
    machine("app01").run("docker network rm plannerate-qa-web")


@pytest.mark.usefixtures("as_before")
def test_an_environment_comes_and_goes_and_nobody_notices(visits, machine):
    before = containers()
    attached = (
        "docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' plannerate-traefik"
    )
    with visits() as codes:
        converge(docker_host_environments={**ENVIRONMENTS, "qa": {"domain": "qa.test"}})
        assert "plannerate-qa-web" in machine("app01").check_output(attached).split()
        converge()
    assert "plannerate-qa-web" not in machine("app01").check_output(attached).split()
    assert restarted(before, containers()) == set()
    assert len(codes) > 100 and set(codes) == {"200"}, sorted(set(codes))


@pytest.mark.usefixtures("as_before")
def test_a_new_traefik_serves_every_environment_again(visits, visitor):
    before = containers()
    with visits() as codes:
        converge(docker_host_acme_dns_environment={**DNS, "RFC2136_DNS_TIMEOUT": "11s"})
    assert restarted(before, containers()) == {TRAEFIK}
    assert codes.count("200") > len(codes) / 2
    assert {visitor.ask(f"https://{entry['domain']}/up").status for entry in ENVIRONMENTS.values()} == {200}


@pytest.mark.usefixtures("as_before")
def test_two_application_containers_are_replaced_and_visitors_notice_nothing(visits, visitor):
    converge(docker_host_app_containers=2)
    with visits() as codes:
        said = converge(docker_host_app_containers=2, **RELEASE)
    assert said.count("Nobody: visitors are sent to the others meanwhile") == 4, "two lines before, two in the list"
    assert visitor.ask("https://app.test/").headers["x-release"] == "1.1.0"
    assert len(codes) > 100 and set(codes) == {"200"}, sorted(set(codes))


@pytest.mark.usefixtures("as_before")
def test_the_only_one_is_away_for_less_time_than_four_at_once_were(visits):
    with visits() as codes:
        converge(**RELEASE)
    wrong = [code for code in codes if code != "200"]
    # 23 s of them were found, at some ten requests a second.
    assert len(wrong) < 120, f"{len(wrong)} of {len(codes)}"
