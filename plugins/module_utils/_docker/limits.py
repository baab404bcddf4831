# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much one client may ask of an environment, in Traefik's file of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

# By the option, its least value. 0 is no limit; Traefik takes a burst of 0 for 1.
_LEAST = {
    "requests_per_second": 0,
    "requests_burst": 1,
    "requests_in_flight": 0,
    "logins_per_minute": 0,
    "logins_burst": 1,
}
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
# What a household or an office gets of IPv6: whoever has one address of it has all.
_HOUSEHOLD = 64


class Limits(TypedDict):
    """The options of the role by their names without C(docker_host_). Numbers may be texts, which is how the command line gives them."""

    requests_per_second: Any
    requests_burst: Any
    requests_in_flight: Any
    login_paths: Sequence[Any]
    logins_per_minute: Any
    logins_burst: Any


def problems(limits: Limits) -> Iterator[str]:
    given: Mapping[str, Any] = {**limits}
    for option, least in _LEAST.items():
        if not re.fullmatch(r"\d+", str(given[option])) or int(given[option]) < least:
            none = "; 0 is no limit" if least == 0 else ""
            yield f"docker_host_{option} is {given[option]!r}, expected a whole number from {least} on{none}"
    for path in limits["login_paths"]:
        if not _PATH.fullmatch(str(path)):
            yield (
                f"docker_host_login_paths has {path!r}, expected a path such as /login: what is below it is meant too, without a host, "
                "a query or placeholders"
            )


def limited(routes: Mapping[str, Any], environment: str, limits: Limits, proxies: Sequence[str]) -> dict[str, Any]:
    """An environment's file with the limits of each client on what its application answers, by whatever router.

    Websockets are not among them: each of an office's browsers holds one, and all come again at once when their server restarts.

    :arg routes: the file without limits, with all that is the inventory's own.
    :arg proxies: addresses and networks whose C(X-Forwarded-For) is believed.
    """
    general, logins = _general(limits), _logins(limits)
    if not general and not logins:
        return {**routes}
    http = {**routes["http"]}
    routers = {**http["routers"]}
    # Those whose middlewares replace answers come last, or a refusal would be replaced.
    assets = f"{environment}-assets"
    chains = {name: general for name, router in routers.items() if router.get("service") == f"{environment}-app"}
    if logins:
        for name in [name for name in chains if name != assets]:
            app, login = routers[name], f"{name.removesuffix('-app')}-login"
            rule = f"{app['rule']} && {_login_rule(limits['login_paths'])}"
            # By the length of its rule it would come before other environments' routers, and the inventory's own.
            routers[login] = {**_sibling(app, 2), "rule": rule}
            chains[login] = {**general, "logins": logins}
    middlewares = {**http["middlewares"]}
    for router, chain in chains.items():
        plain = routers[router]
        routers[router] = _with(plain, chain, environment, "")
        if proxies and chain:
            networks = " || ".join(f"ClientIP(`{network}`)" for network in proxies)
            # Before the one that it stands for, and after all that come before that.
            routers[f"{router}-proxied"] = {
                **_sibling(_with(plain, chain, environment, "-proxied"), 1),
                "rule": f"({networks}) && {plain['rule']}",
            }
    for tail, client in _clients(proxies).items():
        for name, (kind, settings) in {**general, **({"logins": logins} if logins else {})}.items():
            middlewares[f"{environment}-{name}{tail}"] = {kind: {**settings, "sourceCriterion": {"ipStrategy": client}}}
    return {**routes, "http": {**http, "routers": routers, "middlewares": middlewares}}


def _sibling(router: Mapping[str, Any], later: int) -> dict[str, Any]:
    """A router for some of another's requests: as that one, but for its priority, and it asks for no certificate."""
    found = {**router, "priority": int(router.get("priority") or len(router["rule"])) + later}
    if "tls" in router:
        found["tls"] = {key: value for key, value in router["tls"].items() if key not in ("certResolver", "domains")}
    return found


def _clients(proxies: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What tells one client from another: the address that connects, and of a proxy the last one that it names and is not a proxy's.
    Where a proxy names none, Traefik has no other, so that all of them would be one client: those have routers of their own.
    """
    return {"": {"ipv6Subnet": _HOUSEHOLD}, **({"-proxied": {"excludedIPs": [*proxies]}} if proxies else {})}


def _with(router: Mapping[str, Any], chain: Mapping[str, Any], environment: str, tail: str) -> dict[str, Any]:
    own = list(router.get("middlewares") or [])
    return {**router, "middlewares": [*own[:1], *(f"{environment}-{name}{tail}" for name in chain), *own[1:]]}


def _general(limits: Limits) -> dict[str, tuple[str, dict[str, Any]]]:
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    if int(limits["requests_in_flight"]):
        found["in-flight"] = ("inFlightReq", {"amount": int(limits["requests_in_flight"])})
    if int(limits["requests_per_second"]):
        average, burst = int(limits["requests_per_second"]), int(limits["requests_burst"])
        found["requests"] = ("rateLimit", {"average": average, "burst": burst})
    return found


def _logins(limits: Limits) -> tuple[str, dict[str, Any]] | None:
    if not int(limits["logins_per_minute"]) or not limits["login_paths"]:
        return None
    average, burst = int(limits["logins_per_minute"]), int(limits["logins_burst"])
    return "rateLimit", {"average": average, "period": "1m", "burst": burst}


def _login_rule(paths: Sequence[str]) -> str:
    """As Laravel takes them: with a slash at the end, with its one script before. Who only looks at a form is not counted."""
    escaped = "|".join(re.escape(path) for path in paths)
    return f"Method(`POST`) && PathRegexp(`^(/index\\.php)?({escaped})(/.*)?$`)"
