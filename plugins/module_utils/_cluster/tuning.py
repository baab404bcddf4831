# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL settings from the size of the machine, divided among the members that share it.

Every figure says where it comes from:

- [doc] the PostgreSQL documentation, chapter "Server Configuration";
- [pgtune] the formulas of PgTune's "mixed" profile;
- [ours] a choice of this collection, with its reason.
"""

from __future__ import annotations

from typing import Union

MB_PER_GB = 1024


# By setting name; sizes are strings with PostgreSQL's units.
Settings = dict[str, Union[str, int]]


def tune(memory_mb: int, cpus: int, disk_mb: int, members: int, max_connections: int) -> Settings:
    """Settings of one member.

    :arg memory_mb: memory that all members of the machine may use together, in MiB.
    :arg cpus: processors of the machine.
    :arg disk_mb: size of the filesystem that holds the data directory, in MiB.
    :arg members: how many members share the machine.
    :arg max_connections: client connections that the member accepts.
    :raises ValueError: when an argument is not positive.
    """
    for name, value in (
        ("memory_mb", memory_mb),
        ("cpus", cpus),
        ("disk_mb", disk_mb),
        ("members", members),
        ("max_connections", max_connections),
    ):
        if value <= 0:
            raise ValueError(f"{name} is {value}, expected more than 0")
    share_mb = memory_mb / members
    # [doc] "a reasonable starting value for shared_buffers is 25% of the memory".
    shared_buffers_mb = max(share_mb / 4, 16)
    # [doc] what the planner may assume to be cached: shared_buffers plus the system's cache. The cache is one for the
    # machine, so the rest of the memory is shared as well. [pgtune] three quarters.
    effective_cache_size_mb = max(share_mb * 3 / 4, 32)
    parallel = max(cpus // 2, 1)
    return {
        "max_connections": max_connections,
        "shared_buffers": _mb(shared_buffers_mb),
        "effective_cache_size": _mb(effective_cache_size_mb),
        # [pgtune] a sixteenth, at most 2 GB: autovacuum gains nothing from more.
        "maintenance_work_mem": _mb(min(max(share_mb / 16, 16), 2 * MB_PER_GB)),
        # [pgtune] what shared_buffers leave, over three sort or hash nodes in each connection, and half of it since
        # a mixed load has parallel workers; [doc] never below the built-in 4 MB halved.
        "work_mem": _mb(max((share_mb - shared_buffers_mb) / (max_connections * 3) / 2, 2)),
        # [doc] shared_buffers / 32 up to one segment is chosen by the server for -1.
        "wal_buffers": "-1",
        # [ours] checkpoints by time, not by volume, yet never more than a tenth of the disk for each member.
        "max_wal_size": _mb(min(4 * MB_PER_GB, max(disk_mb / 10 / members, 256))),
        "min_wal_size": _mb(min(1 * MB_PER_GB, max(disk_mb / 40 / members, 80))),
        # [ours] a replica that is away may keep a fifth of the disk, shared by the members, before its slot is given
        # up: the primary's disk must not fill. Monitoring warns long before.
        "max_slot_wal_keep_size": _mb(max(disk_mb / 5 / members, 512)),
        # [doc] spread over the interval; [pgtune] 0.9 is also the server's default since 14.
        "checkpoint_completion_target": "0.9",
        # [ours] at most a quarter of an hour of WAL to replay after a crash keeps a restart within seconds to a minute.
        "checkpoint_timeout": "15min",
        # [pgtune] as many as processors, never below the server's default of 8.
        "max_worker_processes": max(cpus, 8),
        "max_parallel_workers": max(cpus, 2),
        # [pgtune] half of the processors, at most four for one query.
        "max_parallel_workers_per_gather": min(parallel, 4),
        "max_parallel_maintenance_workers": min(parallel, 4),
        # [doc] 1.0 to 1.1 for storage where random reads cost about as much as sequential ones (SSD).
        "random_page_cost": "1.1",
        # [pgtune] for SSD.
        "effective_io_concurrency": 200,
    }


def _mb(value: float) -> str:
    return f"{int(value)}MB"
