# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full, or takes no writes, changes no file."""

from __future__ import annotations

import stat
import subprocess

import pytest
from support.helpers.file_sets import ROOT, entry, there, tree

pytestmark = pytest.mark.skipif(not ROOT, reason="only root can mount")


@pytest.fixture
def small(tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_full_disk_changes_no_file(run, small):
    there(small / "first", "old")
    wanted = [
        entry(small / "new", state="directory"),
        entry(small / "first", b"new"),
        entry(small / "second", bytes(100_000)),
    ]
    said = run(*wanted)
    assert "No space left on device" in said["msg"]
    assert tree(small) == {"first": (stat.S_IFREG, 0o644, b"old")}


def test_a_disk_that_takes_no_writes(run, small):
    subprocess.run(["mount", "-o", "remount,ro", small], check=True)
    assert "Read-only file system" in run(entry(small / "file", b"x"))["msg"]
