# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which way machines reach what is outside: a mirror of packages and a proxy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# No name and password: everybody on the machine may read apt's settings. No character that means something to apt or to systemd.
_HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])"
_MIRROR = re.compile(rf"https?://{_HOST}(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?")
_PROXY = re.compile(rf"http://{_HOST}:[0-9]+/?")
_EXCEPTION = re.compile(r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]*|[0-9A-Fa-f:]+")
PROXIES = ("machine_http_proxy", "docker_host_http_proxy")


def problems(variables: Mapping[str, Any]) -> Iterator[str]:
    """Values that apt or the engine would not take, each as one sentence."""
    mirror = variables.get("machine_apt_mirror")
    if mirror and not _MIRROR.fullmatch(str(mirror)):
        yield (
            f"machine_apt_mirror is {_shown(mirror)}, expected a URL without a password. Write what stands before the distribution's own "
            "paths, for instance: machine_apt_mirror: https://packages.example.com"
        )
    for option in PROXIES:
        proxy = variables.get(option)
        if proxy and not _PROXY.fullmatch(str(proxy)):
            yield (
                f"{option} is {_shown(proxy)}, expected http://, a host and a port, without a password. "
                f"Write, for instance: {option}: http://proxy.example.com:3128"
            )
        exceptions = variables.get(f"{option}_exceptions")
        for exception in exceptions if isinstance(exceptions, list) else []:
            if not _EXCEPTION.fullmatch(str(exception)):
                yield (
                    f"{option}_exceptions has {exception}, expected a name, an address or a domain with a dot before it. "
                    "Write, for instance: [registry.example.com, .example.com]"
                )


def _shown(url: object) -> str:
    """Without a password that may stand in it."""
    return re.sub(r"//[^/]*@", "//…@", str(url))
