# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs look at the new files before one of them takes its place."""

from __future__ import annotations

import stat

import pytest
from support.helpers.file_sets import entry, there, tree


def test_it_sees_the_new_files_beside_the_unchanged_rest(run, tmp_path):
    (tmp_path / "rest").write_text("rest")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/theirs").write_text("theirs")
    main = entry(tmp_path / "main", b"new", validate="sh -c 'cd %d && cat main rest rules/ours rules/theirs >%OUT'")
    out = tmp_path.parent / f"{tmp_path.name}.out"
    main["validate"] = main["validate"].replace("%OUT", str(out))
    assert run(main, entry(tmp_path / "rules/ours", b"ours"))["changed"]
    assert out.read_text() == "newrestourstheirs"


@pytest.mark.parametrize("check", [True, False])
def test_one_that_is_refused_changes_nothing_of_the_set(run, tmp_path, check):
    there(tmp_path / "first", "old")
    wanted = [
        entry(tmp_path / "first", b"new"),
        entry(tmp_path / "second", b"x", validate="sh -c 'echo wrong in %s; exit 3'"),
    ]
    said = run(*wanted, check=check)
    assert said["failed"] and f"wrong in {tmp_path}/second" in said["msg"] and "exit code 3" in said["msg"]
    assert tree(tmp_path) == {"first": (stat.S_IFREG, 0o644, b"old")}


def test_a_file_that_names_another_one_by_its_path_finds_the_new_one(run, tmp_path):
    main = f"{tmp_path}/rules {tmp_path}/rules.old".encode()
    check = f'sh -c \'cat $(cut -d" " -f1 %s) && grep -q " {tmp_path}/rules.old" %s\''
    wanted = [entry(tmp_path / "main", main, validate=check), entry(tmp_path / "rules", b"rules")]
    assert run(*wanted)["changed"]
    assert (tmp_path / "main").read_bytes() == main


def test_what_is_said_about_a_secret_is_not_shown(run, tmp_path):
    said = run(entry(tmp_path / "file", b"s3cr3t", secret=True, validate="sh -c 'cat %s; exit 1'"))
    assert "is refused by" in said["msg"] and "s3cr3t" not in said["msg"]


def test_only_what_changed_is_looked_at(run, tmp_path):
    there(tmp_path / "file", "x")
    assert not run(entry(tmp_path / "file", b"x", validate="false"))["changed"]


def test_a_program_that_does_not_exist_yet_is_told_in_check_mode_and_refused_otherwise(run, tmp_path):
    wanted = entry(tmp_path / "file", b"x", validate="no-such-program %s")
    assert run(wanted, check=True)["not_validated"] == [str(tmp_path / "file")]
    assert "there is no program no-such-program" in run(wanted)["msg"]
