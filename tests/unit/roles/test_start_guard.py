# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may start as a primary, and who must not."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import TIMELINE

PATH = Path(__file__).resolve().parents[3] / "roles" / "postgres" / "files" / "start_guard.py"
_spec = importlib.util.spec_from_file_location("start_guard", PATH)
guard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guard)

OWN = {"system_identifier": "7", "timeline": 3}


def peer(timeline, writable=False, standby=None, identifier="7"):
    standby = not writable if standby is None else standby
    return {"system_identifier": identifier, "timeline": timeline, "writable": writable, "standby": standby}


@pytest.mark.parametrize(
    ("peers", "may", "said"),
    [
        ({"a": peer(3), "b": peer(3)}, True, "a, b on the same timeline 3"),
        ({"a": peer(3), "b": None}, True, "a on the same timeline 3"),
        ({"a": peer(4), "b": None}, False, "a is on timeline 4, newer than its own 3"),
        ({"a": peer(3), "b": peer(4)}, False, "b is on timeline 4"),
        ({"a": peer(3), "b": peer(4, standby=False)}, False, "b is on timeline 4"),
        ({"a": peer(3), "b": peer(3, writable=True)}, False, "b takes writes"),
        ({"a": peer(2, writable=True), "b": None}, False, "a takes writes"),
        ({"a": None, "b": None}, False, "a, b cannot be asked"),
        ({"a": peer(2), "b": None}, False, "b cannot be asked, and no standby is on the same timeline 3"),
        ({"a": peer(3, standby=False), "b": None}, False, "b cannot be asked"),
        ({"a": peer(9, identifier="8"), "b": None}, False, "b cannot be asked"),
        ({"a": peer(2), "b": peer(1)}, True, "every peer answered, and none is newer"),
        ({}, True, "every peer answered"),
    ],
)
def test_what_the_peers_say_decides(peers, may, said):
    decided, why = guard.decide(OWN, peers, False)
    assert decided is may
    assert said in why


def test_silence_is_a_setting():
    assert guard.decide(OWN, {"a": None}, True)[0] is True
    assert guard.decide(OWN, {"a": None, "b": peer(4)}, True)[0] is False


def test_peers_are_asked_for_their_timeline_as_discovery_asks():
    """The guard is one file on the machine, so it has a copy of the expression."""
    assert (
        f"SELECT (SELECT system_identifier FROM pg_control_system()), NOT pg_is_in_recovery(),\n  {TIMELINE}"
    ) == guard.QUERY


@pytest.fixture
def member(tmp_path, monkeypatch):
    """A member of this machine whose files say that it would take writes, as systemd's instance 15-main."""
    directory = tmp_path / "etc"
    directory.mkdir()
    (directory / "system_identifier").write_text("7\n")
    found = {**OWN, "standby": False, "writable": False}
    monkeypatch.setattr(guard, "ALLOWED_ONCE", tmp_path)
    monkeypatch.setattr(guard, "POLL_SECONDS", 0)
    monkeypatch.setattr(guard, "running", lambda _peer: None)
    monkeypatch.setattr(guard, "on_disk", lambda one: found if one["name"] == "main" else None)
    own = {"name": "main", "instance": "15-main", "local": True, "config_directory": str(directory)}
    other = {"name": "other", "instance": "15-other", "local": False}
    return found, directory, {"members": [own, other], "start_without_peers": False, "timeout": 0}


def test_silent_peers_are_given_up_after_the_time(member):
    may, said = guard.judge(member[2], "15-main")
    assert not may
    assert "run the rejoin playbook" in said
    assert "touch" in said


def test_a_standby_may_always_start(member):
    member[0]["standby"] = True
    assert guard.judge(member[2], "15-main") == (True, None)


def test_one_that_was_never_part_of_a_cluster_may_start(member):
    (member[1] / "system_identifier").unlink()
    assert guard.judge(member[2], "15-main") == (True, None)


def test_a_half_rewound_one_must_not_even_as_a_standby(member):
    member[0]["standby"] = True
    (member[1] / "rejoin.incomplete").touch()
    may, said = guard.judge(member[2], "15-main")
    assert not may
    assert "half rewound" in said


def test_an_operators_word_counts_once(member, tmp_path):
    (tmp_path / "start-15-main").touch()
    assert guard.judge(member[2], "15-main")[0]
    assert not guard.judge(member[2], "15-main")[0]


def test_an_old_word_does_not_count(member, tmp_path):
    (tmp_path / "start-15-main").touch()
    os.utime(tmp_path / "start-15-main", (0, 0))
    assert not guard.judge(member[2], "15-main")[0]


def test_a_server_of_somebody_else_is_left_alone(member):
    assert guard.judge(member[2], "15-stranger")[0]
