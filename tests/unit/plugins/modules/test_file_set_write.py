# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of files becomes what is wanted or stays as it was, and nobody leads root elsewhere."""

from __future__ import annotations

import base64
import json
import os
import pwd
import stat
import subprocess
import zlib

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._files import pending, reconcile
from ansible_collections.plannerate.infra.plugins.modules import file_set_write

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root can act for another user")
OWNER, GROUP = str(os.geteuid()), str(os.getegid())
NOBODY = pwd.getpwnam("nobody")


def entry(path, content=None, **more):
    if content is not None:
        more = {"state": "file", "content": content, "mode": "0644", **more}
    mode = {"directory": "0755"}.get(more.get("state", ""), "0644")
    return {"path": str(path), "owner": OWNER, "group": GROUP, "mode": mode, **more}


@pytest.fixture
def run(run_module):
    def run(*entries, pending=None, acknowledge=None, **options):
        contents = {
            each["path"]: base64.b64encode(each.pop("content")).decode()
            for each in map(dict, entries)
            if "content" in each
        }
        files = [{key: value for key, value in each.items() if key != "content"} for each in entries]
        packed = base64.b64encode(zlib.compress(json.dumps(contents).encode())).decode()
        more = {"pending": pending} if pending else {"acknowledge": acknowledge} if acknowledge else {}
        return run_module(file_set_write, {"files": files, "contents": packed, **more}, no_log=True, **options)

    return run


def there(path, text):
    """A file that exists already."""
    path.write_text(text)
    path.chmod(0o644)


def tree(directory):
    """Everything below a directory: kind, mode and content by name."""
    found = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        what = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(directory))] = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), what)
    return found


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


class TestValidation:
    def test_it_sees_the_new_files_beside_the_unchanged_rest(self, run, tmp_path):
        (tmp_path / "rest").write_text("rest")
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules/theirs").write_text("theirs")
        main = entry(tmp_path / "main", b"new", validate="sh -c 'cd %d && cat main rest rules/ours rules/theirs >%OUT'")
        out = tmp_path.parent / f"{tmp_path.name}.out"
        main["validate"] = main["validate"].replace("%OUT", str(out))
        assert run(main, entry(tmp_path / "rules/ours", b"ours"))["changed"]
        assert out.read_text() == "newrestourstheirs"

    @pytest.mark.parametrize("check", [True, False])
    def test_one_that_is_refused_changes_nothing_of_the_set(self, run, tmp_path, check):
        there(tmp_path / "first", "old")
        wanted = [
            entry(tmp_path / "first", b"new"),
            entry(tmp_path / "second", b"x", validate="sh -c 'echo wrong in %s; exit 3'"),
        ]
        said = run(*wanted, check=check)
        assert said["failed"] and f"wrong in {tmp_path}/second" in said["msg"] and "exit code 3" in said["msg"]
        assert tree(tmp_path) == {"first": (stat.S_IFREG, 0o644, b"old")}

    def test_a_file_that_names_another_one_by_its_path_finds_the_new_one(self, run, tmp_path):
        main = f"{tmp_path}/rules {tmp_path}/rules.old".encode()
        check = f'sh -c \'cat $(cut -d" " -f1 %s) && grep -q " {tmp_path}/rules.old" %s\''
        wanted = [entry(tmp_path / "main", main, validate=check), entry(tmp_path / "rules", b"rules")]
        assert run(*wanted)["changed"]
        assert (tmp_path / "main").read_bytes() == main

    def test_what_is_said_about_a_secret_is_not_shown(self, run, tmp_path):
        said = run(entry(tmp_path / "file", b"s3cr3t", secret=True, validate="sh -c 'cat %s; exit 1'"))
        assert "is refused by" in said["msg"] and "s3cr3t" not in said["msg"]

    def test_only_what_changed_is_looked_at(self, run, tmp_path):
        there(tmp_path / "file", "x")
        assert not run(entry(tmp_path / "file", b"x", validate="false"))["changed"]

    def test_a_program_that_does_not_exist_yet_is_told_in_check_mode_and_refused_otherwise(self, run, tmp_path):
        wanted = entry(tmp_path / "file", b"x", validate="no-such-program %s")
        assert run(wanted, check=True)["not_validated"] == [str(tmp_path / "file")]
        assert "there is no program no-such-program" in run(wanted)["msg"]


@only_root
class TestOtherUsers:
    @pytest.fixture
    def theirs(self, tmp_path):
        """A directory of nobody, whom the way to it lets through."""
        for parent in [tmp_path, *tmp_path.parents[:2]]:
            parent.chmod(0o755)
        path = tmp_path / "theirs"
        path.mkdir()
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        return path

    def test_a_planted_link_is_refused_wherever_it_is_on_the_way(self, run, theirs, tmp_path):
        target = tmp_path / "system"
        target.mkdir()
        (theirs / "conf.d").symlink_to(target)
        said = run(entry(theirs / "conf.d/file", b"x", owner="nobody", group="nogroup"))
        assert "conf.d is a link in a directory that others than root may change" in said["msg"]
        assert tree(target) == {}

    def test_a_link_that_only_root_can_have_made_is_a_way(self, run, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "way").symlink_to("real")
        run(entry(tmp_path / "way/file", b"x"))
        assert (tmp_path / "real/file").read_bytes() == b"x"

    @pytest.mark.parametrize("check", [True, False])
    def test_a_file_in_their_directory_is_theirs_or_refused(self, run, theirs, check):
        said = run(entry(theirs / "file", b"x"), check=check)
        assert "is below a directory of nobody" in said["msg"] and tree(theirs) == {}
        run(entry(theirs / "file", b"x", owner="nobody", group="nogroup"))
        assert (theirs / "file").stat().st_uid == NOBODY.pw_uid

    def test_root_writes_there_with_their_rights(self, run, theirs):
        theirs.chmod(0o555)
        said = run(entry(theirs / "file", b"x", owner="nobody", group="nogroup"))
        assert "Permission denied" in said["msg"] and tree(theirs) == {}

    def test_what_they_planted_beside_or_in_place_of_a_file_is_not_followed(self, run, tmp_path):
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        kept = tmp_path / "kept"
        kept.write_text("kept")
        for name in ("file", "file.new"):
            (shared / name).symlink_to(kept)
        run(entry(shared / "file", b"ours"))
        assert kept.read_text() == "kept" and (shared / "file").read_text() == "ours"

    def test_a_directory_becomes_roots_before_its_files_are_written(self, run, theirs):
        wanted = [entry(theirs, state="directory"), entry(theirs / "file", b"x")]
        assert run(*wanted, check=True)["changed"]
        run(*wanted)
        assert (theirs.stat().st_uid, (theirs / "file").stat().st_uid) == (0, 0)


@only_root
class TestDisks:
    @pytest.fixture
    def small(self, tmp_path):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=True)
        yield tmp_path
        subprocess.run(["umount", tmp_path], check=True)

    def test_a_full_disk_changes_no_file(self, run, small):
        there(small / "first", "old")
        wanted = [
            entry(small / "new", state="directory"),
            entry(small / "first", b"new"),
            entry(small / "second", bytes(100_000)),
        ]
        said = run(*wanted)
        assert "No space left on device" in said["msg"]
        assert tree(small) == {"first": (stat.S_IFREG, 0o644, b"old")}

    def test_a_disk_that_takes_no_writes(self, run, small):
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        assert "Read-only file system" in run(entry(small / "file", b"x"))["msg"]


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


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Where the machine remembers what is not loaded yet."""
    monkeypatch.setattr(pending, "DIRECTORY", str(tmp_path / "kept" / "pending"))
    return tmp_path / "kept" / "pending"


def test_what_was_written_is_pending_until_it_is_acknowledged(run, tmp_path, kept):
    one, two = entry(tmp_path / "one", b"1"), entry(tmp_path / "two words\n", b"2")
    assert run(one, pending="set")["pending"] == [one["path"]]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    later = run(one, two, pending="set")
    assert (later["changed_paths"], later["pending"]) == ([two["path"]], [one["path"], two["path"]])
    again = run(one, two, pending="set")
    assert (again["changed"], again["pending"]) == (False, [one["path"], two["path"]])
    assert run(one, two, pending="another")["pending"] == []
    assert run(acknowledge=["set"], check=True)["changed"] and (kept / "set").exists()
    assert run(acknowledge=["set", "another"])["changed"]
    assert run(one, two, pending="set")["pending"] == []
    assert not run(acknowledge=["set"])["changed"]


def test_check_mode_says_what_would_be_pending_and_remembers_nothing(run, tmp_path, kept):
    assert run(entry(tmp_path / "one", b"1"), pending="set", check=True)["pending"] == [str(tmp_path / "one")]
    assert not kept.exists()


def test_a_run_that_is_killed_while_it_writes_leaves_it_pending(run, tmp_path, kept, monkeypatch):
    """Between the names that take their places, of which one has."""
    entries = entry(tmp_path / "one", b"1"), entry(tmp_path / "two", b"2")
    rename = os.rename

    def killed(source, target, **more):
        if target == "two":
            raise KeyboardInterrupt
        rename(source, target, **more)

    monkeypatch.setattr(reconcile.os, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        run(*entries, pending="set")
    monkeypatch.setattr(reconcile.os, "rename", rename)
    assert (tmp_path / "one").read_bytes() == b"1" and not (tmp_path / "two").exists()
    assert run(*entries, pending="set")["pending"] == [each["path"] for each in entries]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "é"])
def test_a_name_that_is_none_is_refused(run, tmp_path, kept, name):
    said = run(entry(tmp_path / "one", b"1"), pending=name or " ")
    assert "is no name for what is pending" in said["msg"] and not (tmp_path / "one").exists()
