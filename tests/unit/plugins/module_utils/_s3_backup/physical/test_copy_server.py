# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of a copy is ended, nobody else's, and a failure to end it is no damage."""

from __future__ import annotations

import errno
import subprocess

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError, Damaged
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import copy_server


class Copy:
    """A directory with a process that works in its data directory or in another one; C(pg_ctl) writes down how it was called."""

    def __init__(self, directory, process, code):
        self.directory, self.process = directory, process
        self.file = directory / "data" / "postmaster.pid"
        self.file.write_text(f"{process.pid}\n{directory}/data\n")
        program = directory / "pg_ctl"
        program.write_text(f"#!/bin/sh\necho $* >>{directory}/called\nexit {code}\n")
        program.chmod(0o755)

    def stop(self, mode="immediate"):
        copy_server.stop({"binaries": str(self.directory)}, str(self.directory), mode)

    def called(self):
        path = self.directory / "called"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def make_copy(tmp_path):
    (tmp_path / "data").mkdir()
    processes = []

    def make(place="data", code=0):
        processes.append(subprocess.Popen(["sleep", "60"], cwd=tmp_path / place))
        return Copy(tmp_path, processes[-1], code)

    yield make
    for process in processes:
        process.kill()
        process.wait()


def test_its_own_server_is_ended(make_copy):
    copy = make_copy()
    copy.stop()
    assert "--mode=immediate" in copy.called()


def test_a_process_that_only_has_the_number_is_left_alone(make_copy):
    copy = make_copy(".")
    copy.stop()
    assert copy.called() == "" and not copy.file.exists()
    assert copy.process.poll() is None
    # There is none any more.
    copy.stop()


def test_in_order_it_may_take_its_time_and_what_fails_is_no_damage(make_copy):
    copy = make_copy(code=1)
    with pytest.raises(BackupError, match="could not be stopped") as failed:
        copy.stop("fast")
    assert not isinstance(failed.value, Damaged)
    assert "--timeout=86400" in copy.called()


def test_one_that_ended_by_itself_was_not_ended_in_order(make_copy):
    copy = make_copy(".")
    with pytest.raises(BackupError, match="ended by itself"):
        copy.stop("fast")


def test_a_copy_goes_beside_what_still_fetches_its_wal(tmp_path, monkeypatch):
    """Its lock is gone before it is opened, and a file comes while the others are removed."""
    directory = tmp_path / "copy"
    (directory / "spool").mkdir(parents=True)
    monkeypatch.setattr(copy_server.glob, "glob", lambda _pattern: [str(directory / "lock" / "gone.lock")])
    monkeypatch.setattr(copy_server.time, "sleep", lambda _seconds: None)
    removed, times = copy_server.shutil.rmtree, []

    def removing(path):
        times.append(path)
        if len(times) == 1:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        removed(path)

    monkeypatch.setattr(copy_server.shutil, "rmtree", removing)
    copy_server.clear({"binaries": "/nowhere"}, str(directory))
    assert len(times) == 2 and not directory.exists()


def test_a_copy_that_cannot_be_removed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(copy_server.time, "sleep", lambda _seconds: None)

    def refused(_path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(copy_server.shutil, "rmtree", refused)
    with pytest.raises(PermissionError):
        copy_server.clear({"binaries": "/nowhere"}, str(tmp_path))
