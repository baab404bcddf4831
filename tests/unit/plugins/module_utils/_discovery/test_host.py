# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil

from ansible_collections.plannerate.infra.plugins.module_utils._discovery import host
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.host import clusters, disk_mb, host_facts


def test_a_directory_that_is_still_to_be_made_has_the_disk_of_its_parent(tmp_path):
    assert disk_mb(str(tmp_path / "not" / "yet")) == disk_mb(str(tmp_path)) > 0


def test_the_size_of_a_disk_is_in_mib(tmp_path):
    assert disk_mb(str(tmp_path)) == shutil.disk_usage(tmp_path).total // (1024 * 1024)


def test_memory_is_in_mib_and_processors_are_counted(monkeypatch):
    # 16 GiB in pages of 4 KiB.
    figures = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 4 * 1024 * 1024, "SC_NPROCESSORS_ONLN": 8}
    monkeypatch.setattr(host.os, "sysconf", figures.__getitem__)
    facts = host_facts()
    assert (facts["memory_mb"], facts["cpus"]) == (16384, 8)


def test_a_machine_tells_what_its_members_share():
    facts = host_facts()
    assert set(facts) == {
        "distribution",
        "codename",
        "memory_mb",
        "cpus",
        "programs",
        "psycopg2",
        "pgbouncer",
        "clusters",
        "locks",
    }
    assert min(facts["memory_mb"], facts["cpus"]) > 0


def test_a_cluster_is_seen_whoever_made_it(tmp_path):
    for cluster, text in (
        ("main", "data_directory = '/srv/pg'   # moved\n#port = 1\nport = 5432\nport=5433 # last one counts\n"),
        ("bare", ""),
    ):
        (tmp_path / "15" / cluster).mkdir(parents=True)
        (tmp_path / "15" / cluster / "postgresql.conf").write_text(text)
    assert clusters(str(tmp_path)) == [
        {"version": 15, "cluster": "bare", "port": 5432, "data_directory": None},
        {"version": 15, "cluster": "main", "port": 5433, "data_directory": "/srv/pg"},
    ]
