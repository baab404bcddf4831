# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings follow the size of the machine, and members that share it share what it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.tuning import tune


def mb(value):
    assert value.endswith("MB")
    return int(value[:-2])


def test_a_quarter_of_the_memory_is_shared_buffers():
    assert tune(16384, 8, 200_000, 1, 150)["shared_buffers"] == "4096MB"


def test_a_small_machine_has_no_less_than_postgresql_needs():
    settings = tune(32, 1, 200_000, 1, 20)
    assert (settings["shared_buffers"], settings["effective_cache_size"]) == ("16MB", "32MB")


def test_three_members_divide_the_memory():
    settings = tune(16384, 8, 200_000, 3, 150)
    assert settings["shared_buffers"] == "1365MB"
    assert mb(settings["effective_cache_size"]) == 16384 // 4


@pytest.mark.parametrize(
    ("memory", "members", "connections", "work_mem"),
    [
        # (16384 - 4096 of shared_buffers) / (3 nodes * 100 connections) / 2
        (16384, 1, 100, "20MB"),
        (16384, 1, 200, "10MB"),
        (16384, 2, 100, "10MB"),
        (2048, 1, 200, "2MB"),
    ],
)
def test_work_mem_is_divided_by_three_nodes_of_every_connection_and_halved(memory, members, connections, work_mem):
    assert tune(memory, 8, 200_000, members, connections)["work_mem"] == work_mem


@pytest.mark.parametrize(
    ("memory", "members", "maintenance_work_mem"), [(16384, 1, "1024MB"), (16384, 2, "512MB"), (131072, 1, "2048MB")]
)
def test_maintenance_takes_a_sixteenth_of_the_memory_and_2_gb_at_most(memory, members, maintenance_work_mem):
    assert tune(memory, 8, 200_000, members, 100)["maintenance_work_mem"] == maintenance_work_mem


@pytest.mark.parametrize(
    ("disk", "members", "max_wal_size", "min_wal_size"),
    [
        (20_000, 1, "2000MB", "500MB"),
        (20_000, 2, "1000MB", "250MB"),
        (1_000_000, 1, "4096MB", "1024MB"),
        (1_000, 1, "256MB", "80MB"),
    ],
)
def test_wal_takes_a_tenth_of_the_disk_between_checkpoints_and_4_gb_at_most(disk, members, max_wal_size, min_wal_size):
    settings = tune(16384, 8, disk, members, 150)
    assert (settings["max_wal_size"], settings["min_wal_size"]) == (max_wal_size, min_wal_size)


@pytest.mark.parametrize(
    ("cpus", "processes", "workers", "per_query"), [(1, 8, 2, 1), (4, 8, 4, 2), (8, 8, 8, 4), (32, 32, 32, 4)]
)
def test_parallel_workers_follow_the_processors(cpus, processes, workers, per_query):
    settings = tune(16384, cpus, 200_000, 1, 150)
    assert (settings["max_worker_processes"], settings["max_parallel_workers"]) == (processes, workers)
    assert settings["max_parallel_workers_per_gather"] == settings["max_parallel_maintenance_workers"] == per_query


def test_the_slots_of_all_members_leave_most_of_the_disk_free():
    assert 3 * mb(tune(16384, 8, 100_000, 3, 150)["max_slot_wal_keep_size"]) <= 20_000


@pytest.mark.parametrize("argument", range(5))
def test_nonsense_is_refused(argument):
    arguments = [16384, 8, 200_000, 3, 150]
    arguments[argument] = 0
    with pytest.raises(ValueError, match="expected more than 0"):
        tune(*arguments)


@given(
    memory=st.integers(1024, 1_000_000),
    cpus=st.integers(1, 128),
    disk=st.integers(10_000, 10_000_000),
    members=st.integers(1, 6),
    connections=st.integers(20, 1000),
)
def test_members_together_never_ask_for_more_than_the_machine_has(memory, cpus, disk, members, connections):
    settings = tune(memory, cpus, disk, members, connections)
    assert members * mb(settings["shared_buffers"]) <= memory / 2
    assert mb(settings["min_wal_size"]) <= mb(settings["max_wal_size"])
    assert mb(settings["work_mem"]) >= 2
    assert settings["max_parallel_workers"] <= settings["max_worker_processes"]
