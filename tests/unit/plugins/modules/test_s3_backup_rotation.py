# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module shows in check mode what it does, and fails with one message that names the cause."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys, report
from ansible_collections.plannerate.infra.plugins.modules import s3_backup_rotation

ARGUMENTS = {"bucket": "backups", "prefix": "production", "access_key": "key", "secret_key": "secret", "daily": 2}


def test_the_seal_key_reaches_what_reads_the_bucket():
    params = {**ARGUMENTS, "region": "us-east-1", "seal_key": None}
    assert s3_backup_rotation.open_store(params).seal is None
    assert s3_backup_rotation.open_store({**params, "seal_key": "of the machine"}).seal == b"of the machine"


@pytest.fixture
def bucket(monkeypatch):
    contents = {}
    for days in range(5):
        contents.update(stored(datetime.now(timezone.utc) - timedelta(days=days), f"{days:08x}"))
    bucket = Bucket(contents)
    monkeypatch.setattr(s3_backup_rotation, "open_store", lambda params: bucket)
    return bucket


def test_check_mode_shows_what_is_done_and_a_second_run_changes_nothing(bucket, run_module):
    before = dict(bucket.contents)
    planned = run_module(s3_backup_rotation, ARGUMENTS, check=True)
    assert bucket.contents == before
    done = run_module(s3_backup_rotation, ARGUMENTS)
    assert planned == done
    assert (done["changed"], len(done["deleted"]), len(done["kept"])) == (True, 3, 2)
    assert len(bucket.states()) == 2
    assert done["diff"]["before"].count("\n") == 5
    assert done["diff"]["after"].count("\n") == 2
    again = run_module(s3_backup_rotation, ARGUMENTS)
    assert (again["changed"], again["deleted"]) == (False, [])


def test_what_it_found_is_told_in_the_bucket_if_it_is_asked_for_and_never_in_check_mode(bucket, run_module):
    run_module(s3_backup_rotation, ARGUMENTS)
    run_module(s3_backup_rotation, {**ARGUMENTS, "report": True}, check=True)
    assert report.read(bucket, "production", report.ROTATION) == (None, {})
    again = run_module(s3_backup_rotation, {**ARGUMENTS, "report": True})
    moment, told = report.read(bucket, "production", report.ROTATION)
    assert datetime.now(timezone.utc) - moment < timedelta(minutes=1) and not again["changed"]
    assert told == {"shop": {"kept": 2, "deleted": 0, "restorable": 2, "warnings": 0}}
    # What somebody else told, or told of another prefix, counts for nothing.
    bucket.contents["other/rotation.json"] = bucket.contents["production/rotation.json"]
    assert report.read(bucket, "other", report.ROTATION) == (None, {})
    bucket.seal = b"the key of the machine"
    assert report.read(bucket, "production", report.ROTATION) == (None, {})


def test_a_refusal_is_one_message(bucket, run_module):
    name = next(name for name in bucket.contents if name.endswith(keys.MANIFEST))
    bucket.contents[name] = b"{"
    answer = run_module(s3_backup_rotation, ARGUMENTS)
    assert answer["failed"]
    assert f"nothing was deleted: {name} cannot be read" in answer["msg"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"daily": 0}, "daily is 0"), ({"verified": -1}, "verified is -1"), ({"prefix": "/"}, "prefix")],
)
def test_bad_input_is_refused_by_name(bucket, run_module, change, reason):
    answer = run_module(s3_backup_rotation, {**ARGUMENTS, **change})
    assert answer["failed"]
    assert reason in answer["msg"]
    assert len(bucket.states()) == 5


def test_what_cannot_be_deleted_fails_the_task_and_is_named(bucket, run_module):
    bucket.protected = set(bucket.contents)
    answer = run_module(s3_backup_rotation, ARGUMENTS)
    assert answer["failed"]
    assert answer["msg"].startswith("3 objects were not deleted: ")
    assert "AccessDenied: locked" in answer["msg"]


def test_a_future_backup_is_a_warning(bucket, run_module):
    bucket.contents.update(stored(datetime.now(timezone.utc) + timedelta(days=2), "ffffffff"))
    answer = run_module(s3_backup_rotation, ARGUMENTS)
    assert "dated in the future" in str(answer["warnings"])
