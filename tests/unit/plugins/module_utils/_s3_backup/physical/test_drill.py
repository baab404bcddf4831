# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found wrong ends a drill, and its copy is gone in any case."""

from __future__ import annotations

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
