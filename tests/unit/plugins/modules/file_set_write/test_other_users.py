# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody leads root elsewhere."""

from __future__ import annotations

import os
import pwd

import pytest
from support.helpers.file_sets import ROOT, entry, tree

pytestmark = pytest.mark.skipif(not ROOT, reason="only root can act for another user")
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def theirs(tmp_path):
    """A directory of nobody, whom the way to it lets through."""
    for parent in [tmp_path, *tmp_path.parents[:2]]:
        parent.chmod(0o755)
    path = tmp_path / "theirs"
    path.mkdir()
    os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return path


def test_a_planted_link_is_refused_wherever_it_is_on_the_way(run, theirs, tmp_path):
    target = tmp_path / "system"
    target.mkdir()
    (theirs / "conf.d").symlink_to(target)
    said = run(entry(theirs / "conf.d/file", b"x", owner="nobody", group="nogroup"))
    assert "conf.d is a link in a directory that others than root may change" in said["msg"]
    assert tree(target) == {}


def test_a_link_that_only_root_can_have_made_is_a_way(run, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "way").symlink_to("real")
    run(entry(tmp_path / "way/file", b"x"))
    assert (tmp_path / "real/file").read_bytes() == b"x"


@pytest.mark.parametrize("check", [True, False])
def test_a_file_in_their_directory_is_theirs_or_refused(run, theirs, check):
    said = run(entry(theirs / "file", b"x"), check=check)
    assert "is below a directory of nobody" in said["msg"] and tree(theirs) == {}
    run(entry(theirs / "file", b"x", owner="nobody", group="nogroup"))
    assert (theirs / "file").stat().st_uid == NOBODY.pw_uid


def test_a_directory_in_theirs_is_made_for_a_user_who_has_no_name_here(run, theirs):
    """As www-data of another distribution's image: such a user is in no group, and cannot give it one."""
    os.chown(theirs, 4321, 4321)
    wanted = entry(theirs / "made", state="directory", owner="4321", group="4321")
    run(wanted)
    status = (theirs / "made").stat()
    assert (status.st_uid, status.st_gid) == (4321, 4321)
    assert run(wanted)["changed"] is False


def test_root_writes_there_with_their_rights(run, theirs):
    theirs.chmod(0o555)
    said = run(entry(theirs / "file", b"x", owner="nobody", group="nogroup"))
    assert "Permission denied" in said["msg"] and tree(theirs) == {}


def test_what_they_planted_beside_or_in_place_of_a_file_is_not_followed(run, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    kept = tmp_path / "kept"
    kept.write_text("kept")
    for name in ("file", "file.new"):
        (shared / name).symlink_to(kept)
    run(entry(shared / "file", b"ours"))
    assert kept.read_text() == "kept" and (shared / "file").read_text() == "ours"


def test_a_directory_becomes_roots_before_its_files_are_written(run, theirs):
    wanted = [entry(theirs, state="directory"), entry(theirs / "file", b"x")]
    assert run(*wanted, check=True)["changed"]
    run(*wanted)
    assert (theirs.stat().st_uid, (theirs / "file").stat().st_uid) == (0, 0)
