# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a job keeps from nothing else, and what was only asked for wrongly is no failure of a job."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line import jobs
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Damaged, UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.state import State


@pytest.fixture
def found(tmp_path):
    for job in ("run", "rotate"):
        (tmp_path / job).mkdir()
    return {
        "environment": "production",
        "databases": ["shop", "blog"],
        "bucket": "backups",
        "prefix": "production",
        "store": {},
        "state_directory": str(tmp_path),
        "textfile_directory": None,
        "users": {"run": None, "rotate": None},
        "credentials": {"writer": "/nonexistent", "rotator": None, "drill": None, "seal": None},
    }


@pytest.fixture
def options():
    return SimpleNamespace(database=None, check=False, wait=0, retry=False, json=True, reason=None)


def test_a_database_that_fails_keeps_nobody_from_being_told_of_elsewhere_and_of_keys(found, options, monkeypatch):
    def back_up(_found, _store, _state, database, *_others):
        if database == "shop":
            raise Damaged("no room")
        return {"database": database, "id": "a", "objects": []}

    told = mock.Mock(**{"keys.return_value": [], "elsewhere.return_value": []})
    monkeypatch.setattr(jobs, "back_up", back_up)
    monkeypatch.setattr(jobs, "open_store", lambda *_: None)
    monkeypatch.setattr(jobs, "_look_after_keys", told.keys)
    monkeypatch.setattr(jobs, "_tell_of_elsewhere", told.elsewhere)
    with pytest.raises(BackupError, match="shop: no room"):
        jobs.run(found, options)
    assert told.mock_calls == [mock.call.keys(found), mock.call.elsewhere(found)]


def test_a_rotation_where_another_machine_rotates_is_refused_and_no_failure(found, options):
    with pytest.raises(UsageError, match="another machine rotates"):
        jobs.rotate(found, options)
    assert State(found, "rotate").read()["databases"] == {}
