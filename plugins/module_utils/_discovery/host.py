# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the members of a machine share: its distribution, memory, processors and disks. Never writes."""

from __future__ import annotations

import glob
import os
from importlib.util import find_spec

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.data_directory import read
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import setting


def machine_facts():
    """What the members share: distribution, memory, processors, what is installed, and every cluster in Debian's terms."""
    release = dict(
        line.split("=", 1) for line in (read("/etc/os-release") or "").splitlines() if "=" in line and line[0] != "#"
    )
    release = {key: value.strip('"') for key, value in release.items()}
    return {
        "distribution": f"{release.get('ID', 'unknown')} {release.get('VERSION_ID', '')}".strip(),
        "codename": release.get("VERSION_CODENAME"),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2,
        "cpus": os.sysconf("SC_NPROCESSORS_ONLN"),
        "programs": sorted(int(path.split("/")[4]) for path in glob.glob("/usr/lib/postgresql/[1-9]*/bin/postgres")),
        "psycopg2": find_spec("psycopg2") is not None,
        "clusters": clusters(),
    }


def clusters(root="/etc/postgresql"):
    """Version, name, port and data directory of each cluster that C(pg_lsclusters) would show, whoever made it."""
    found = []
    for path in sorted(glob.glob(os.path.join(root, "*", "*", "postgresql.conf"))):
        version, cluster = path.split("/")[-3:-1]
        text = read(path) or ""
        port = setting(text, "port") or "5432"
        found.append(
            {
                "version": int(version) if version.isdigit() else None,
                "cluster": cluster,
                "port": int(port) if port.isdigit() else None,
                "data_directory": setting(text, "data_directory"),
            }
        )
    return found


def disk_mb(path):
    """Size in MiB of the filesystem of a path, or of its nearest parent that exists."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    figures = os.statvfs(path)
    return figures.f_frsize * figures.f_blocks // 1024**2
