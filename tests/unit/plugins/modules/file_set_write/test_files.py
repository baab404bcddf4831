# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of files becomes what is wanted, or stays as it was."""

from __future__ import annotations

import json
import os
import stat

import pytest
from support.helpers.file_sets import entry, tree


def test_the_first_run_writes_everything_and_the_second_changes_nothing(run, tmp_path):
    (tmp_path / "gone").write_text("old")
    wanted = [
        entry(tmp_path / "a", state="directory", mode="0750"),
        entry(tmp_path / "a/b", state="directory"),
        entry(tmp_path / "a/b/file", b"text\n", mode="0640"),
        entry(tmp_path / "link", state="link", target="a/b/file"),
        entry(tmp_path / "gone", state="absent"),
    ]
    first = run(*wanted)
    assert first["changed_paths"] == [each["path"] for each in wanted]
    assert tree(tmp_path) == {
        "a": (stat.S_IFDIR, 0o750, None),
        "a/b": (stat.S_IFDIR, 0o755, None),
        "a/b/file": (stat.S_IFREG, 0o640, b"text\n"),
        "link": (stat.S_IFLNK, 0o777, "a/b/file"),
    }
    again = run(*wanted)
    assert (again["changed"], again["changed_paths"]) == (False, [])


def test_check_mode_shows_also_what_is_in_a_directory_that_does_not_exist_yet(run, tmp_path):
    wanted = [
        entry(tmp_path / "new/file", b"one\ntwo\n", owner="somebody-new"),
        entry(tmp_path / "new", state="directory", owner="somebody-new"),
    ]
    told = run(*wanted, check=True, diff=True)
    assert told["changed"] and not (tmp_path / "new").exists()
    assert told["diff"][0]["before"] == "" and told["diff"][0]["after"].endswith("0644\none\ntwo\n")
    assert "there is no user somebody-new" in run(*wanted)["msg"]
    assert not (tmp_path / "new").exists()


def test_what_is_not_listed_stays(run, tmp_path):
    (tmp_path / "theirs").write_text("theirs")
    run(entry(tmp_path / "ours", b"ours"))
    assert (tmp_path / "theirs").read_text() == "theirs"


@pytest.mark.parametrize("broken", ["content", "mode", "missing", "link"])
def test_what_was_changed_by_hand_is_put_right_and_shown(run, tmp_path, broken):
    path, wanted = tmp_path / "file", entry(tmp_path / "file", b"right\n")
    run(wanted)
    before = path.stat().st_mtime_ns
    if broken == "content":
        path.write_text("wrong\n")
    elif broken == "mode":
        path.chmod(0o600)
    else:
        path.unlink()
        if broken == "link":
            path.symlink_to("/etc/passwd")
    told = run(wanted, check=True, diff=True)
    assert told["changed_paths"] == [str(path)]
    assert told["diff"][0]["before"] != told["diff"][0]["after"]
    assert "root:x:" not in json.dumps(told), "nothing is read through a link"
    run(wanted)
    assert (path.read_text(), stat.S_IMODE(path.lstat().st_mode), path.is_symlink()) == ("right\n", 0o644, False)
    if broken == "mode":
        assert path.stat().st_mtime_ns == before, "services need not load the same content again"
    assert not run(wanted)["changed"]


def test_a_file_that_exists_keeps_its_content_where_that_is_said(run, tmp_path):
    path = tmp_path / "file"
    path.write_text("theirs")
    path.chmod(0o600)
    assert run(entry(path, b"", force=False))["changed"]
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("theirs", 0o644)
    path.unlink()
    run(entry(path, b"first", force=False))
    assert path.read_text() == "first"


def test_a_secret_is_never_shown(run, tmp_path):
    path = tmp_path / "secret"
    path.write_text("old-secret")
    told = run(entry(path, b"new-secret", secret=True), entry(tmp_path / "other", b"shown"), diff=True)
    assert "old-secret" not in json.dumps(told) and "new-secret" not in json.dumps(told)
    assert "content changed, not shown" in told["diff"][0]["after"] and "shown" in told["diff"][1]["after"]


@pytest.mark.parametrize("name", ["two words", "line\nbreak", "ü ✓", "-rf", "%s", "'\"$x`"])
def test_hostile_names(run, tmp_path, name):
    wanted = [
        entry(tmp_path / name, state="directory"),
        entry(tmp_path / name / name, b"x", validate="grep -q x %s"),
    ]
    assert run(*wanted)["changed"]
    assert (tmp_path / name / name).read_bytes() == b"x"
    assert not run(*wanted)["changed"]


def test_many_and_large_files(run, tmp_path):
    wanted = [entry(tmp_path / f"{number}", bytes([number % 256]) * 100) for number in range(500)]
    wanted.append(entry(tmp_path / "large", os.urandom(5 << 20)))
    told = run(*wanted, diff=True)
    assert len(told["changed_paths"]) == 501
    assert "bytes that are no text" in json.dumps(told["diff"]) or "not shown" in told["diff"][-1]["after"]
    assert not run(*wanted)["changed"]


def test_what_a_killed_run_left_is_removed_when_it_is_old(run, tmp_path):
    old, new = tmp_path / ".file_set.1", tmp_path / ".file_set.2"
    for path in (old, new):
        path.write_text("a secret")
    os.utime(old, (0, 0))
    run(entry(tmp_path / "file", b"x"))
    assert (old.exists(), new.exists()) == (False, True)


def test_a_directory_that_is_not_empty_is_not_removed(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/theirs").write_text("theirs")
    said = run(entry(tmp_path / "first", b"x"), entry(tmp_path / "full", state="absent"))["msg"]
    assert "Directory not empty" in said and f"Changed before it: {tmp_path}/first" in said
    assert (tmp_path / "full/theirs").exists()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"path": "relative"}, "expected an absolute one"),
        ({"path": "/a/../b"}, "expected an absolute one without"),
        ({"mode": "rw"}, "expected three or four octal digits"),
        ({"path": "/no/such/directory/file"}, "there is no directory /no/such/directory"),
        ({"path": "/etc"}, "/etc is a directory, expected a file"),
        ({"path": "/dev/null"}, "/dev/null is neither a file nor a directory nor a link"),
        ({"path": "/etc/passwd/file"}, "/etc/passwd is no directory"),
        ({"path": "/etc/passwd", "state": "directory"}, "/etc/passwd is a file, expected a directory"),
    ],
)
def test_what_cannot_be_meant(run, wanted, said):
    assert said in run(entry(**{"path": "/x", "content": b"x", **wanted}))["msg"]
