# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the members of a machine share: its distribution, memory, processors and disks. Never writes."""

from __future__ import annotations

import os

from ansible_collections.plannerate.infra.plugins.module_utils.data_directory import read


def machine_facts():
    """What the members share: distribution, memory and processors."""
    release = dict(
        line.split("=", 1) for line in (read("/etc/os-release") or "").splitlines() if "=" in line and line[0] != "#"
    )
    release = {key: value.strip('"') for key, value in release.items()}
    return {
        "distribution": f"{release.get('ID', 'unknown')} {release.get('VERSION_ID', '')}".strip(),
        "codename": release.get("VERSION_CODENAME"),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2,
        "cpus": os.sysconf("SC_NPROCESSORS_ONLN"),
    }


def disk_mb(path):
    """Size in MiB of the filesystem of a path, or of its nearest parent that exists."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    figures = os.statvfs(path)
    return figures.f_frsize * figures.f_blocks // 1024**2
