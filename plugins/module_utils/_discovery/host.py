# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the members of a machine share: its distribution, memory, processors and disks. Never writes."""

from __future__ import annotations

import glob
import os
import time
from importlib.util import find_spec
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import setting
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock as lock_files
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import said


class DebianCluster(TypedDict):
    """A cluster in Debian's terms; None where its configuration does not tell."""

    version: int | None
    cluster: str
    port: int | None
    data_directory: str | None


class HostFacts(TypedDict):
    """What the members of a machine share. ``programs``: major releases whose server is installed. ``locks``: a
    sentence for each lock that a run has on it."""

    distribution: str
    codename: str | None
    memory_mb: int
    cpus: int
    programs: list[int]
    psycopg2: bool
    pgbouncer: bool
    clusters: list[DebianCluster]
    locks: list[str]


def host_facts() -> HostFacts:
    lines = (read_file("/etc/os-release") or "").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    release = {key: value.strip('"') for key, value in pairs}
    return {
        "distribution": f"{release.get('ID', 'unknown')} {release.get('VERSION_ID', '')}".strip(),
        "codename": release.get("VERSION_CODENAME"),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2,
        "cpus": os.sysconf("SC_NPROCESSORS_ONLN"),
        "programs": sorted(int(path.split("/")[4]) for path in glob.glob("/usr/lib/postgresql/[1-9]*/bin/postgres")),
        "psycopg2": find_spec("psycopg2") is not None,
        "pgbouncer": os.path.exists("/usr/sbin/pgbouncer"),
        "clusters": clusters(),
        "locks": [said.taken(lock) for lock in lock_files.held(time.time())],
    }


def clusters(root: str = "/etc/postgresql") -> list[DebianCluster]:
    """Each cluster that C(pg_lsclusters) would show, whoever made it."""
    result: list[DebianCluster] = []
    for path in sorted(glob.glob(os.path.join(root, "*", "*", "postgresql.conf"))):
        version, cluster = path.split("/")[-3:-1]
        text = read_file(path) or ""
        port = setting(text, "port") or "5432"
        result.append(
            {
                "version": int(version) if version.isdigit() else None,
                "cluster": cluster,
                "port": int(port) if port.isdigit() else None,
                "data_directory": setting(text, "data_directory"),
            }
        )
    return result


def disk_mb(path: str) -> int:
    """Size in MiB of the filesystem of a path, or of its nearest parent that exists."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    filesystem = os.statvfs(path)
    return filesystem.f_frsize * filesystem.f_blocks // 1024**2
