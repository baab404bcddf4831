# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that somebody set up by hand: which of its settings stay, and what of it the role cannot take over. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

FILE = "/etc/docker/daemon.json"
# What apt would remove where it installs from this source.
_REMOVED_BY = {
    "distro": ("docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin"),
    "docker": ("docker.io", "containerd", "runc"),
}


def settings(lines: Sequence[str], own: Mapping[str, Any]) -> dict[str, Any]:
    """What daemon.json has, with the role's own settings; those that are null are left out.

    Options of a log driver are not kept with another driver: the engine would not start with them.
    """
    kept = _read(lines) or {}
    merged = {**kept, **own}
    if "log-opts" not in own and merged.get("log-driver") != kept.get("log-driver", "json-file"):
        merged.pop("log-opts", None)
    return {key: value for key, value in merged.items() if value is not None}


def problems(installed: Sequence[str], source: str, lines: Sequence[str], wanted: Mapping[str, Any]) -> list[str]:
    """Why the role cannot take the engine over.

    :arg wanted: what :func:`settings` gives.
    """
    reasons = []
    removed = [package for package in _REMOVED_BY.get(source, ()) if package in installed]
    if removed:
        other = "docker" if source == "distro" else "distro"
        reasons.append(
            f"{', '.join(removed)} {'is' if len(removed) == 1 else 'are'} installed, which docker_host_package_source: {source} would "
            f"remove, with whatever runs by it. Set docker_host_package_source: {other}, or remove "
            f"{'it' if len(removed) == 1 else 'them'} yourself first"
        )
    if _read(lines) is None:
        reasons.append(f"{FILE} is no JSON object, so that its settings cannot be kept. Correct or remove it")
    if wanted.get("firewall-backend") == "nftables" or wanted.get("iptables") is False:
        reasons.append(
            f"{FILE} has Docker not use iptables (firewall-backend, iptables), so published ports could not be closed. Remove the setting "
            "there, or set it to null in docker_host_daemon_settings"
        )
    return reasons


def _read(lines: Sequence[str]) -> dict[str, Any] | None:
    """None: there is something else than an object."""
    if not lines:
        return {}
    try:
        found = json.loads("\n".join(lines))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
