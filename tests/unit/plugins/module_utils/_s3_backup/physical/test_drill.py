# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found wrong ends a drill, and its copy is gone in any case."""

from __future__ import annotations

import errno
from datetime import datetime, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Busy, Damaged
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import (
    cluster,
    copy_server,
    drill,
    exactness,
    record,
    restore,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.info import Backup, Repository


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A function that tries a restored copy whose pages pg_checksums finds so or so; gives what was ended."""
    ended = []
    (tmp_path / "log").write_text("")
    monkeypatch.setattr(restore, "into", lambda *arguments: {"copy_seconds": 1, "replay_seconds": 1})
    monkeypatch.setattr(copy_server, "clear", lambda found, directory: ended.append("cleared"))
    monkeypatch.setattr(copy_server, "stop", lambda found, directory, mode: ended.append(mode))
    monkeypatch.setattr(exactness, "require_exact", lambda *arguments: None)
    monkeypatch.setattr(drill, "_sound", lambda found, directory: (["shop"], True))

    def tried(code):
        program = tmp_path / "pg_checksums"
        program.write_text(f"#!/bin/sh\necho 'Bad checksums:  {code}'\nexit {code}\n")
        program.chmod(0o755)
        try:
            drill._tried({"binaries": str(tmp_path)}, None, None, str(tmp_path))
        finally:
            assert ended == ["fast", "cleared"]

    return tried


def test_pages_whose_checksums_are_right(copy):
    copy(0)


def test_pages_whose_checksums_are_wrong_are_damage(copy):
    with pytest.raises(Damaged, match="Bad checksums: 1"):
        copy(1)


def test_a_failure_is_written_down_and_a_second_drill_at_the_same_time_is_none(tmp_path):
    found = {"state_directory": str(tmp_path)}
    with pytest.raises(BackupError), record.recorded(found, record.DRILL):
        raise BackupError("no room")
    assert record.figures_of(found, record.DRILL) == {"job_success": 0}
    assert record.figures_of(found) == {}
    with record.alone(found, record.DRILL), pytest.raises(Busy), record.alone(found, record.DRILL):
        pass


def test_where_drills_are_no_more_this_machines_what_a_killed_one_left_goes(tmp_path, monkeypatch):
    found = {"state_directory": str(tmp_path), "restore_directory": str(tmp_path), "drill": {"machine": "primary"}}
    monkeypatch.setattr(cluster, "servers", lambda found: [])
    (tmp_path / ".drill" / "data").mkdir(parents=True)
    # Somebody repeats one there.
    with record.alone(found, record.DRILL):
        assert drill.drill(found) == ({"changed": False, "target": None}, [drill.ELSEWHERE])
    assert (tmp_path / ".drill").exists()
    assert drill.drill(found) == ({"changed": False, "target": None}, [drill.ELSEWHERE])
    assert not (tmp_path / ".drill").exists()


def test_a_full_disk_is_written_down_with_its_path(tmp_path):
    found = {"state_directory": str(tmp_path), "restore_directory": "/srv/restored"}
    with pytest.raises(BackupError, match=r"^/srv/restored: No space left"), record.recorded(found, record.DRILL):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert record.figures_of(found, record.DRILL) == {"job_success": 0}
    with pytest.raises(BackupError, match=r"^/srv/restored/data: No space"), record.recorded(found, record.DRILL):
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/restored/data")


@pytest.mark.parametrize(("left", "tries"), [({"new"}, 2), ({"old", "new"}, 1)])
def test_what_was_deleted_while_it_was_verified_is_no_damage(monkeypatch, left, tries):
    tried = []

    class Program:
        def verify(self):
            tried.append(1)
            if len(tried) == 1:
                raise Damaged("missing: 1")

        def repository(self):
            end = datetime(2026, 1, 31, tzinfo=timezone.utc)
            backups = [Backup(one, "full", end, end, "", "", "0/0", 1, 1, False) for one in left]
            return Repository("1", "15", "15-1", backups)

    monkeypatch.setattr(drill, "program_of", lambda *_arguments: Program())
    found = {"drill": {"verify": True}, "members": [{}]}
    if tries == 1:
        with pytest.raises(Damaged, match="missing"):
            drill._verified(found, {"old", "new"})
    else:
        assert "verified_timestamp_seconds" in drill._verified(found, {"old", "new"})
    assert len(tried) == tries
