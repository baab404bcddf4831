# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environments and members a machine has, told by the files that the roles wrote there. Never writes."""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Iterator
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import (
    inspect_config_directory,
)
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.names import slot_name
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import setting

# Where each role writes what belongs to one environment; its name is in the place of the star.
_PLACES = {
    "pools": ["etc/pgbouncer/environments/*.ini"],
    "backups": ["etc/plannerate-backup/*.json"],
    "timers": ["etc/systemd/system/plannerate-backup@*.timer", "etc/systemd/system/plannerate-backup-drill@*.timer"],
    "expectations": ["etc/monitoring/expected/*.json"],
    "probes": ["etc/prometheus/probes-*.yml"],
    # Written when a removal begins, so that what it leaves can be told from what another inventory has.
    "removal": ["var/lib/plannerate/removed/*.json"],
}
# The machine's own, among those of environments.
_OF_THE_MACHINE = {("expectations", "machine")}


class Trace(TypedDict):
    """Something that an environment has on a machine."""

    environment: str
    kind: str
    path: str


class InstalledMember(TypedDict):
    """A PostgreSQL instance that the role postgres set up or adopted.

    ``slot``: the name of its slot on its primary. ``system_identifier``: of the cluster that it belongs to, None where it never ran.
    """

    name: str
    cluster: str
    slot: str
    version: int
    port: int
    data_directory: str
    system_identifier: str | None
    running: bool


class Installed(TypedDict):
    """``databases`` and ``owners``: names, by environment, as far as its files tell them."""

    traces: list[Trace]
    databases: dict[str, list[str]]
    owners: dict[str, list[str]]
    members: list[InstalledMember]


def installed(stacks: str, root: str = "/") -> Installed:
    """What a machine has.

    :arg stacks: the directory of the stacks, C(docker_host_base_directory).
    """
    traces = sorted(
        [*_traces(root), *_stack_traces(os.path.join(root, stacks.lstrip("/")))],
        key=lambda trace: (trace["environment"], trace["kind"], trace["path"]),
    )
    databases: dict[str, list[str]] = {}
    owners: dict[str, list[str]] = {}
    for trace in traces:
        for name in _databases(trace):
            known = databases.setdefault(trace["environment"], [])
            known += [] if name in known else [name]
        if trace["kind"] == "removal":
            owners[trace["environment"]] = _listed(trace["path"], "owners")
    return {"traces": traces, "databases": databases, "owners": owners, "members": list(_members(root))}


def _traces(root: str) -> Iterator[Trace]:
    for kind, patterns in _PLACES.items():
        for pattern in patterns:
            before, after = os.path.join(root, pattern).split("*")
            for path in glob.glob(f"{glob.escape(before)}*{glob.escape(after)}"):
                name = path[len(before) : len(path) - len(after)]
                # An empty one only stands for an environment that was not converged yet.
                is_placeholder = kind == "pools" and not os.path.getsize(path)
                if (kind, name) not in _OF_THE_MACHINE and not is_placeholder:
                    yield {"environment": name, "kind": kind, "path": path}


def _stack_traces(base: str) -> Iterator[Trace]:
    for path in glob.glob(os.path.join(glob.escape(base), "traefik", "dynamic", "[!_]*.yml")):
        yield {"environment": os.path.basename(path)[: -len(".yml")], "kind": "routes", "path": path}
    for directory in glob.glob(os.path.join(glob.escape(base), "*", "")):
        path = directory.rstrip("/")
        name = os.path.basename(path)
        compose = os.path.join(path, f"docker-compose.{name}.yml")
        if os.path.exists(compose):
            yield {"environment": name, "kind": "stack", "path": compose}
        if os.path.isdir(os.path.join(path, "storage")):
            yield {"environment": name, "kind": "files", "path": path}


def _databases(trace: Trace) -> list[str]:
    if trace["kind"] == "pools":
        return re.findall(r"\bdbname=(\w+)", read_file(trace["path"]) or "")
    if trace["kind"] in ("backups", "removal"):
        return _listed(trace["path"], "databases")
    return []


def _listed(path: str, key: str) -> list[str]:
    try:
        content = json.loads(read_file(path) or "{}")
        return [str(name) for name in content.get(key, [])]
    except (ValueError, AttributeError, TypeError):
        # Half a file, or somebody else's, says nothing.
        return []


def _members(root: str) -> Iterator[InstalledMember]:
    for main in sorted(glob.glob(os.path.join(glob.escape(root), "etc/postgresql/*/*/postgresql.conf"))):
        directory = os.path.dirname(main)
        version, cluster = directory.split("/")[-2:]
        text = read_file(main) or ""
        data, port = setting(text, "data_directory"), setting(text, "port") or ""
        name = setting(read_file(os.path.join(directory, "conf.d", "50-settings.conf")) or "", "cluster_name")
        config = inspect_config_directory(directory)
        if config["managed"] and name and data and version.isdigit() and port.isdigit():
            yield {
                "name": name,
                "cluster": cluster,
                "slot": slot_name(name),
                "version": int(version),
                "port": int(port),
                "data_directory": data,
                "system_identifier": config["marker"],
                "running": os.path.exists(os.path.join(root, data.lstrip("/"), "postmaster.pid")),
            }
