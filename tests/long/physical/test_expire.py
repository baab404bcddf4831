# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has the key that deletes takes what the retention does not keep, and nothing while that would leave nothing sound."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.helpers.plays import run_play

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Damaged
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import expire, expiry


def test_a_chain_that_is_too_old_goes_after_what_is_left_was_verified(make_physical, tmp_path):
    site = make_physical()
    site.good("prepare")
    old, dependent, new = (site.good("backup", kind)["backup"] for kind in ("full", "diff", "full"))
    program = expire.prepared(str(tmp_path), site.repository, site.version)
    bucket = site.store.open()
    now = datetime.now(timezone.utc)
    later = now + timedelta(days=20)
    whole = site.objects()

    assert expire.expire(program, 14, True, now) == ([old, new], [], [])
    assert expire.expire(program, 14, False, later) == ([new], [old], [])
    # One that is made on another machine meanwhile.
    begun = f"{site.prefix}/backup/main/20261231-000000F/backup.manifest.copy"
    bucket.put(begun, b"x")
    assert expire.expire(program, 14, True, later).postponed == ["20261231-000000F"]
    bucket.delete([begun])
    # Of what would be left, something is not what was stored.
    key = max(key for key in whole if "/archive/" in key and key.endswith(".zst"))
    bucket.put(key, whole[key][:-20] + b"x" * 20)
    with pytest.raises(Damaged, match="nothing was deleted"):
        expire.expire(program, 14, True, later)
    bucket.put(key, whole[key])
    assert site.objects() == whole

    assert expire.expire(program, 14, True, later) == ([new], [old], [])
    assert {one["label"] for one in site.good("list")["backups"]} == {new}
    left = site.objects()
    # The history of backups stays, which is small.
    assert not [key for key in left if f"/backup/main/{old}" in key]
    assert [key for key in whole if f"/backup/main/{dependent}" in key]
    segments = [key for key in left if "/archive/" in key and key.endswith(".zst")]
    assert 0 < len(segments) < len([key for key in whole if "/archive/" in key and key.endswith(".zst")])
    assert site.good("drill")["backup"] == new
    assert expire.expire(program, 14, True, later) == ([new], [], [])


def test_with_two_that_go_all_wal_of_the_first_chain_that_is_kept_stays(make_physical, tmp_path, monkeypatch):
    site = make_physical()
    site.good("prepare")
    made = []
    for _each in range(4):
        made.append(site.good("backup", "full")["backup"])
        site.servers.sql("pg-main", "CREATE TABLE IF NOT EXISTS between (); SELECT pg_switch_wal()")
    program = expire.prepared(str(tmp_path), site.repository, site.version)
    backups = {one.label: one for one in program.repository().backups}
    before = program.segments("15-1")
    valid_in = expiry.valid_in
    # From the third one nothing can be restored, so the one before it stays.
    monkeypatch.setattr(expiry, "valid_in", lambda *told: valid_in(*told) - {made[2]})
    now = backups[made[3]].end + timedelta(days=14, seconds=-1)
    assert expire.expire(program, 14, True, now) == ([made[1], made[3]], [made[0], made[2]], [])
    assert [one.label for one in program.repository().backups] == [made[1], made[3]]
    first = backups[made[1]].first
    assert [one for one in program.segments("15-1") if one <= before[-1]] == [one for one in before if one >= first]


def test_the_roles_task_asks_for_it_in_the_name_of_the_rotator(make_physical, tmp_path):
    """In check mode it reads and shows; what the machines archive with is refused."""
    site = make_physical()
    site.good("prepare")
    site.good("backup", "full")
    repository = site.repository
    certificate = Path(repository["ca_file"]).read_text()
    given = {
        **{f"s3_backup_physical_{name}": repository[name] for name in ("stanza", "bucket", "prefix", "passphrase")},
        **{f"s3_backup_{name}": repository[name] for name in ("endpoint", "region", "path_style")},
        **{f"s3_backup_physical_expiry_{name}": repository[name] for name in ("access_key", "secret_key")},
        "s3_backup_ca_certificate": certificate,
        "ansible_python_interpreter": sys.executable,
    }
    whole = site.objects()
    for options in (["--check"], []):
        code, said = run_play(tmp_path, expiring(given), "--inventory=localhost,", "--verbose", *options)
        assert code == 0 and "changed=0" in said and "kept:" in said, said
        assert repository["passphrase"] not in said and repository["secret_key"] not in said
    assert site.objects() == whole
    code, said = run_play(
        tmp_path,
        expiring({**given, "s3_backup_physical_access_key": repository["access_key"]}),
        "--inventory=localhost,",
    )
    assert code and "only who expires may delete" in " ".join(said.split())


def expiring(given):
    role = {"name": "plannerate.infra.s3_backup", "tasks_from": "expire", "rolespec_validate": False}
    return {"hosts": "localhost", "tasks": [{"ansible.builtin.include_role": role, "vars": given}]}
