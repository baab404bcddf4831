# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.data_directory import inspect_data_directory


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "main"


@pytest.fixture
def complete(directory):
    (directory / "global").mkdir(parents=True)
    (directory / "global" / "pg_control").touch()
    (directory / "PG_VERSION").write_text("15\n")
    return directory


@pytest.fixture
def server(complete, tmp_path):
    """A server as the process file system shows it."""
    process = tmp_path / "proc" / "42"
    process.mkdir(parents=True)
    (process / "cwd").symlink_to(complete)
    (complete / "postmaster.pid").write_text(f"42\n{complete}\n1700000000\n5433\n/run/postgresql\n*\n")
    return process


def inspect(directory, tmp_path):
    return inspect_data_directory(str(directory), str(tmp_path / "proc"))


def test_a_missing_or_empty_directory_has_no_data(directory, tmp_path):
    assert inspect(directory, tmp_path)["state"] == "no_data"
    directory.mkdir()
    data = inspect(directory, tmp_path)
    assert (data["state"], data["data_present"], data["detail"]) == ("no_data", False, None)


@pytest.mark.parametrize("empty_directory", [True, False])
def test_an_interrupted_base_backup_is_never_taken_for_a_member(directory, tmp_path, empty_directory):
    incoming = tmp_path / "main.incoming"
    incoming.mkdir()
    (incoming / "PG_VERSION").write_text("15\n")
    if empty_directory:
        directory.mkdir()
    data = inspect(directory, tmp_path)
    assert (data["state"], data["data_present"]) == ("incomplete", False)
    assert str(incoming) in data["detail"]


def test_a_left_over_of_an_earlier_attempt_does_not_hide_a_complete_directory(complete, tmp_path):
    (tmp_path / "main.incoming").mkdir()
    assert inspect(complete, tmp_path)["state"] == "complete"


def test_files_without_a_control_file_are_no_data_directory(complete, tmp_path):
    (complete / "global" / "pg_control").unlink()
    data = inspect(complete, tmp_path)
    assert (data["state"], data["data_present"]) == ("incomplete", True)
    assert data["detail"] == "holds PG_VERSION, global, but no global/pg_control"


def test_a_link_to_a_missing_disk_is_not_taken_for_an_empty_directory(directory, tmp_path):
    directory.symlink_to("/nowhere/disk")
    data = inspect(directory, tmp_path)
    assert (data["state"], data["data_present"]) == ("incomplete", True)
    assert "/nowhere/disk" in data["detail"]


def test_a_file_in_place_of_the_directory_is_told(directory, tmp_path):
    directory.touch()
    assert inspect(directory, tmp_path)["detail"] == "is not a directory"


def test_a_stopped_standby_is_read_with_its_overrides(complete, tmp_path):
    (complete / "standby.signal").touch()
    (complete / "postgresql.auto.conf").write_text("# comment\nwork_mem = '1MB'\n")
    data = inspect(complete, tmp_path)
    assert (data["version"], data["standby"], data["auto_conf"]) == (15, True, ["work_mem"])
    assert data["postmaster"] is None


def test_a_running_server_is_found_at_its_own_port(complete, server, tmp_path):
    assert inspect(complete, tmp_path)["postmaster"] == {"pid": 42, "port": 5433, "socket_directory": "/run/postgresql"}


def test_a_stale_pid_file_is_no_server(complete, server, tmp_path):
    (server / "cwd").unlink()
    assert inspect(complete, tmp_path)["postmaster"] is None


def test_the_server_of_another_member_under_a_reused_number_is_no_server(complete, server, tmp_path):
    (server / "cwd").unlink()
    (server / "cwd").symlink_to(tmp_path)
    assert inspect(complete, tmp_path)["postmaster"] is None


def test_inspecting_changes_nothing(complete, server, tmp_path):
    before = sorted((path, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*"))
    inspect(complete, tmp_path)
    assert sorted((path, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*")) == before
