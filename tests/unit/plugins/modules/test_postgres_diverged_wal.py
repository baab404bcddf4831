# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Segments that hold what only a former primary has are copied beside its data, and only those."""

from __future__ import annotations

import os
import pwd
import stat

import pytest

from ansible_collections.plannerate.infra.plugins.modules import postgres_diverged_wal

COMMIT = "rmgr: Transaction len (rec/tot): 34/ 34, tx: 724, lsn: 0/040000A0, prev 0/04000028, desc: COMMIT 2026-11-25 19:59:36 UTC"
END = "pg_waldump: error: error in WAL record at 0/40000A0: invalid record length at 0/40000C8: wanted 24, got 0"
SEGMENTS = ["000000010000000000000004", "000000010000000000000005"]


@pytest.fixture
def member(tmp_path):
    """A data directory with two segments past the fork, and programs that say what PostgreSQL's say."""
    wal = tmp_path / "data" / "pg_wal"
    wal.mkdir(parents=True)
    for name in ("000000010000000000000003", *SEGMENTS):
        (wal / name).write_text(name)
    programs = {
        "pg_controldata": "echo 'Bytes per WAL segment:                16777216'",
        "pg_waldump": f"echo '{COMMIT}'; echo '{END}' >&2; exit 1",
    }
    (tmp_path / "bin").mkdir()
    for name, script in programs.items():
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return tmp_path


@pytest.fixture
def run(run_module, member):
    def run(check=False):
        params = {
            "name": "pg-main",
            "data_directory": str(member / "data"),
            "bin_directory": str(member / "bin"),
            "timeline": 1,
            "fork": "0/4000000",
            "keep": str(member / "kept"),
        }
        return run_module(postgres_diverged_wal, params, check=check)

    return run


def test_segments_with_transactions_are_copied(run, member):
    result = run()
    assert (result["changed"], result["bytes"], result["transactions"], result["segments"]) == (True, 200, 1, SEGMENTS)
    assert sorted(os.listdir(member / "kept")) == [*SEGMENTS, "README"]
    assert stat.S_IMODE((member / "kept").stat().st_mode) == 0o700
    assert (member / "kept" / SEGMENTS[0]).stat().st_ino != (member / "data" / "pg_wal" / SEGMENTS[0]).stat().st_ino
    assert "--timeline=1 --start=0/4000000" in (member / "kept" / "README").read_text()
    assert str(member / "kept") in result["message"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reads what others may not")
@pytest.mark.parametrize("linked", [False, True])
def test_a_segment_that_is_a_link_shows_nothing_that_only_root_may_read(run, member, linked):
    """They become the files of the member's user, whom the way to them lets through."""
    nobody = pwd.getpwnam("nobody")
    for parent in [member, *member.parents[:2]]:
        parent.chmod(0o755)
    secret, segment = member / "credentials", member / "data" / "pg_wal" / SEGMENTS[1]
    secret.write_text("secret")
    secret.chmod(0o600)
    if linked:
        segment.unlink()
        segment.symlink_to(secret)
    for path in (member / "data", *(member / "data").rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    result = run()
    kept = member / "kept"
    assert {path.stat().st_uid for path in (kept, *kept.iterdir())} == {nobody.pw_uid}
    if linked:
        assert "cannot be copied" in result["msg"] and "Permission denied" in result["msg"]
        assert not any("secret" in path.read_text() for path in kept.iterdir())
    else:
        assert result["segments"] == SEGMENTS


def test_check_mode_copies_nothing(run, member):
    assert run(check=True)["changed"]
    assert not (member / "kept").exists()


def test_without_a_transaction_nothing_is_copied(run, member):
    (member / "bin" / "pg_waldump").write_text(f"#!/bin/sh\necho '{END}' >&2; exit 1\n")
    result = run()
    assert (result["changed"], result["bytes"], result["segments"]) == (False, 200, [])
    assert not (member / "kept").exists()


def test_wal_that_cannot_be_read_is_copied(run, member):
    (member / "bin" / "pg_waldump").write_text("#!/bin/sh\nexit 1\n")
    assert run()["segments"] == SEGMENTS


def test_without_room_nothing_is_changed(run, member, monkeypatch):
    real = os.statvfs
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result([*real(path)[:4], 0, *real(path)[5:]]))
    result = run()
    assert result["failed"] and "has no room for" in result["msg"]
    assert not (member / "kept").exists()


def test_a_control_file_that_cannot_be_read_stops_it(run, member):
    (member / "bin" / "pg_controldata").write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    result = run()
    assert result["failed"] and "the control file of pg-main cannot be read: broken" in result["msg"]
