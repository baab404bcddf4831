# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one client may ask of an environment, in Traefik's form. A real Traefik refuses the flood in tests/lab/test_edge_limits.py."""

from __future__ import annotations

import copy
import re

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.limits import limited, problems

RULE = "(Host(`app.test`) || Host(`*.app.test`))"
ROUTES = {
    "http": {
        "routers": {
            "production-app": {
                "rule": RULE,
                "service": "production-app",
                "middlewares": ["production-headers"],
                "tls": {"certResolver": "dns"},
            },
            "production-assets": {
                "rule": f"{RULE} && PathRegexp(`^/build/`)",
                "service": "production-app",
                "middlewares": ["production-headers", "production-missing"],
                "tls": {},
            },
            "production-reverb": {"rule": f"{RULE} && PathPrefix(`/app/`)", "service": "production-reverb"},
        },
        "services": {"production-app": {}},
        "middlewares": {"production-headers": {"headers": {}}},
    }
}
NONE = {
    "requests_per_second": 0,
    "requests_burst": 1000,
    "requests_in_flight": 0,
    "login_paths": ["/login", "/password"],
    "logins_per_minute": 0,
    "logins_burst": 20,
}
# As --extra-vars has one of them.
ALL = {**NONE, "requests_per_second": 50, "requests_in_flight": 300, "logins_per_minute": "20"}
PROXIES = ["192.0.2.0/24", "2001:db8::7"]


def parts(limits, proxies=()):
    before = copy.deepcopy(ROUTES)
    http = limited(ROUTES, "production", limits, proxies)["http"]
    assert before == ROUTES, "what is given stays as it is"
    return http["routers"], http["middlewares"]


def chains(routers):
    return {
        name: [each.removeprefix("production-") for each in router.get("middlewares", [])]
        for name, router in routers.items()
    }


def test_without_a_limit_the_file_is_as_it_was():
    assert limited(ROUTES, "production", NONE, PROXIES) == ROUTES
    no_paths = {**NONE, "logins_per_minute": 20, "login_paths": []}
    assert limited(ROUTES, "production", no_paths, []) == ROUTES


def test_each_limit_is_one_clients_by_its_address():
    _routers, middlewares = parts(ALL)
    client = {"ipStrategy": {"ipv6Subnet": 64}}
    assert middlewares == {
        "production-headers": {"headers": {}},
        "production-in-flight": {"inFlightReq": {"amount": 300, "sourceCriterion": client}},
        "production-requests": {"rateLimit": {"average": 50, "burst": 1000, "sourceCriterion": client}},
        "production-logins": {"rateLimit": {"average": 20, "period": "1m", "burst": 20, "sourceCriterion": client}},
    }


def test_pages_assets_and_logins_are_limited_and_websockets_are_not():
    """A refusal has the environment's headers, and no page of the application takes its place."""
    routers, _middlewares = parts(ALL)
    assert chains(routers) == {
        "production-app": ["headers", "in-flight", "requests"],
        "production-assets": ["headers", "in-flight", "requests", "missing"],
        "production-login": ["headers", "in-flight", "requests", "logins"],
        "production-reverb": [],
    }
    assert routers["production-login"]["tls"] == {}, "one router asks for the certificate"


def test_logins_alone_leave_the_other_routers_as_they_are():
    routers, _middlewares = parts({**NONE, "logins_per_minute": 20}, PROXIES)
    assert {name for name in routers if name not in ROUTES["http"]["routers"]} == {
        "production-login", "production-login-proxied",
    }  # fmt: skip
    assert chains(routers)["production-login"] == ["headers", "logins"]
    assert {name: routers[name] for name in ROUTES["http"]["routers"]} == ROUTES["http"]["routers"]


@pytest.mark.parametrize(
    ("path", "counted"),
    [
        ("/login", True),
        ("/login/", True),
        ("/password/email", True),
        ("/index.php/login", True),
        ("/loginx", False),
        ("/blog/login", False),
        ("/", False),
    ],
)
def test_a_login_is_what_laravel_takes_for_one(path, counted):
    rule = parts(ALL)[0]["production-login"]["rule"]
    assert rule.startswith(f"{RULE} && Method(`POST`) && "), "who looks at the form is not counted"
    assert bool(re.search(rule.split("PathRegexp(`")[1].removesuffix("`)"), path)) is counted


def test_behind_a_proxy_a_client_is_whom_it_names_and_else_who_connects():
    routers, middlewares = parts(ALL, PROXIES)
    for kind, name in (("inFlightReq", "in-flight"), ("rateLimit", "requests"), ("rateLimit", "logins")):
        found = middlewares[f"production-{name}-proxied"][kind]
        assert found["sourceCriterion"] == {"ipStrategy": {"excludedIPs": PROXIES}}
        assert middlewares[f"production-{name}"][kind]["sourceCriterion"] == {"ipStrategy": {"ipv6Subnet": 64}}
    for name in ("app", "assets", "login"):
        plain, proxied = routers[f"production-{name}"], routers[f"production-{name}-proxied"]
        assert proxied["rule"] == f"(ClientIP(`192.0.2.0/24`) || ClientIP(`2001:db8::7`)) && {plain['rule']}"
        assert proxied["service"] == plain["service"] and proxied["tls"] == {}
        assert chains({"": proxied})[""] == [
            f"{each}-proxied" if each in ("in-flight", "requests", "logins") else each
            for each in chains({"": plain})[""]
        ]


def test_a_router_for_proxies_takes_the_place_of_its_own_and_of_no_other():
    """Traefik takes the longest rule first; its list of proxies makes one long."""
    routers, _middlewares = parts(ALL, PROXIES * 20)
    order = sorted(routers, key=lambda name: -routers[name].get("priority", len(routers[name]["rule"])))
    assert [name.removeprefix("production-") for name in order] == [
        "assets-proxied", "assets", "reverb", "login-proxied", "login", "app-proxied", "app",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"requests_per_second": -1},
            "docker_host_requests_per_second is -1, expected a whole number from 0 on; 0 is no",
        ),
        ({"logins_burst": 0}, "docker_host_logins_burst is 0, expected a whole number from 1 on"),
        ({"requests_in_flight": "many"}, "docker_host_requests_in_flight is 'many'"),
        ({"login_paths": ["login"]}, "docker_host_login_paths has 'login', expected a path such as /login"),
        ({"login_paths": ["/login`"]}, "docker_host_login_paths has '/login`'"),
    ],
)
def test_each_problem_is_named(change, words):
    (found,) = problems({**ALL, **change})
    assert found.startswith(words)


def test_nothing_is_wrong_with_good_ones():
    assert [*problems(NONE), *problems(ALL)] == []


def with_own(own):
    """The file with what the inventory has in docker_host_dynamic."""
    http = ROUTES["http"]
    return {"http": {**http, "routers": {**http["routers"], **own}}}


def test_a_login_comes_before_its_page_alone():
    """A rule's length is its priority: a long one would win over another environment's routers, and over the inventory's own."""
    routers, _middlewares = parts(ALL, PROXIES)
    least = len(RULE)
    assert "priority" not in routers["production-app"]
    assert {name: router["priority"] - least for name, router in routers.items() if "assets" not in name and "priority" in router} == {
        "production-app-proxied": 1, "production-login": 2, "production-login-proxied": 3,
    }  # fmt: skip
    assert routers["production-assets-proxied"]["priority"] == len(routers["production-assets"]["rule"]) + 1
    own = {"production-app": {**ROUTES["http"]["routers"]["production-app"], "priority": 5000}}
    routers = limited(with_own(own), "production", ALL, PROXIES)["http"]["routers"]
    assert [routers[f"production-{name}"]["priority"] for name in ("app-proxied", "login")] == [5001, 5002]


def test_what_the_inventory_changes_at_a_router_is_at_its_siblings_too():
    tls = {"certResolver": "dns", "domains": [{"main": "app.test"}], "options": "mtls@file"}
    own = {
        "production-app": {
            "rule": RULE, "service": "production-app", "middlewares": ["production-basic", "production-more"], "tls": tls,
        },
        "production-tenant": {"rule": "Host(`tenant.test`)", "service": "production-app"},
        "production-other": {"rule": "Host(`other.test`)", "service": "production-other"},
    }  # fmt: skip
    routers = limited(with_own(own), "production", ALL, PROXIES)["http"]["routers"]
    for name in ("app-proxied", "login", "login-proxied"):
        router = routers[f"production-{name}"]
        assert router["tls"] == {"options": "mtls@file"}
        assert (router["middlewares"][0], router["middlewares"][-1]) == ("production-basic", "production-more")
    assert chains(routers)["production-tenant"] == ["in-flight", "requests"]
    assert routers["production-tenant-login"]["rule"].startswith("Host(`tenant.test`) && Method(`POST`)")
    assert "tls" not in routers["production-tenant-login"]
    assert routers["production-other"] == own["production-other"] and "production-other-login" not in routers
