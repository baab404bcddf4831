# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run wrote and did not load is remembered on the machine."""

from __future__ import annotations

import os
import stat

import pytest
from support.helpers.file_sets import entry

from ansible_collections.plannerate.infra.plugins.module_utils._files import pending, reconcile


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
