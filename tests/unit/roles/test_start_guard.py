# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may start as a primary, and who must not."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery import queries

PATH = Path(__file__).resolve().parents[3] / "roles" / "postgres" / "files" / "start_guard.py"
_spec = importlib.util.spec_from_file_location("start_guard", PATH)
guard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guard)

OWN = {"system_identifier": "7", "timeline": 3}
MEMBER = {"name": "main", "machine": "db01", "address": "198.18.0.1", "port": 5432, "confirmations": 1}
TO_OWN = "host=db01 hostaddr=198.18.0.1 port=5432 user=replicator"
TO_OTHER = "host=db02 hostaddr=198.18.0.2 port=5432 user=replicator"


def peer(timeline, writable=False, standby=None, identifier="7", told=TO_OWN, detached=""):
    standby = not writable if standby is None else standby
    return {
        "system_identifier": identifier,
        "timeline": timeline,
        "writable": writable,
        "standby": standby,
        "primary_conninfo": told,
        "detached_from": detached,
    }


DETACHED = peer(3, told="", detached="main")
FOLLOWER, LEFT_BEHIND = peer(3), peer(3, told=TO_OTHER)


@pytest.mark.parametrize(
    ("needed", "peers", "may", "said"),
    [
        (1, {"a": FOLLOWER, "b": FOLLOWER}, True, "a, b told to follow it on timeline 3"),
        (1, {"a": FOLLOWER, "b": None}, True, "a told to follow it"),
        (0, {"a": FOLLOWER, "b": None}, True, "a told to follow it"),
        (1, {"a": peer(2), "b": None}, True, "a told to follow it"),
        (1, {"a": peer(3, told="host=x hostaddr=198.18.0.1 port=5432"), "b": None}, True, "a told to follow it"),
        (1, {"a": FOLLOWER, "b": DETACHED}, True, "a told to follow it"),
        # A failover in mode all needs one standby only.
        (2, {"a": FOLLOWER, "b": None}, False, "b cannot be asked, and of the others 1 follow it, expected 2"),
        (2, {"a": FOLLOWER, "b": FOLLOWER}, True, "a, b told to follow it"),
        (2, {"a": FOLLOWER, "b": DETACHED}, False, "b was detached by a failover that has not ended"),
        (1, {"a": DETACHED, "b": None}, False, "a was detached by a failover"),
        (1, {"a": DETACHED, "b": DETACHED}, False, "a, b was detached by a failover"),
        # On its timeline, and told to follow another member: that one may have been promoted since.
        (1, {"a": LEFT_BEHIND, "b": None}, False, "b cannot be asked, and of the others 0 follow it, expected 1"),
        (1, {"a": peer(3, told=""), "b": None}, False, "b cannot be asked"),
        (1, {"a": peer(3, told=TO_OWN.replace("5432", "5433")), "b": None}, False, "b cannot be asked"),
        (1, {"a": peer(4), "b": None}, False, "a is on timeline 4, newer than its own 3"),
        (1, {"a": FOLLOWER, "b": peer(4)}, False, "b is on timeline 4"),
        (1, {"a": FOLLOWER, "b": peer(4, standby=False)}, False, "b is on timeline 4"),
        (1, {"a": FOLLOWER, "b": peer(3, writable=True)}, False, "b takes writes"),
        (1, {"a": peer(2, writable=True), "b": None}, False, "a takes writes"),
        (1, {"a": None, "b": None}, False, "a, b cannot be asked"),
        (1, {"a": peer(3, standby=False), "b": None}, False, "b cannot be asked"),
        (1, {"a": peer(9, identifier="8"), "b": None}, False, "b cannot be asked"),
        (1, {"a": LEFT_BEHIND, "b": peer(1, told="")}, True, "every peer answered, and none is newer"),
        (0, {}, True, "every peer answered"),
    ],
)
def test_what_the_peers_say_decides(needed, peers, may, said):
    decided, why = guard.decide(OWN, {**MEMBER, "confirmations": needed}, peers, False)
    assert (decided, said in why) == (may, True), why


def test_silence_is_a_setting():
    assert guard.decide(OWN, MEMBER, {"a": None}, True)[0] is True
    assert guard.decide(OWN, MEMBER, {"a": None, "b": peer(4)}, True)[0] is False
    assert guard.decide(OWN, MEMBER, {"a": None, "b": DETACHED}, True)[0] is False


def test_its_own_files_or_the_inventory_tell_how_many_confirm(tmp_path):
    (tmp_path / "conf.d").mkdir()
    member = {**MEMBER, "config_directory": str(tmp_path), "data_directory": str(tmp_path)}
    assert guard.confirmations(member) == 1
    (tmp_path / "conf.d" / "50-settings.conf").write_text('synchronous_standby_names = \'ANY 2 ("a", "b")\'\n')
    assert guard.confirmations(member) == 2
    (tmp_path / "postgresql.auto.conf").write_text("synchronous_standby_names = ''\n")
    assert guard.confirmations(member) == 1, "never less than the inventory says"


def test_the_timeline_is_asked_for_as_everywhere_else():
    """The guard runs on the machine, without the collection: what it asks is a copy."""
    assert queries.TIMELINE in guard.QUERY


def said(**told):
    answer = {key: value for key, value in peer(3).items() if key != "standby"}
    return json.dumps({**answer, **told}) + "\n"


@pytest.mark.parametrize(
    ("code", "answer", "found"),
    [
        (0, said(writable=True), peer(3, writable=True, standby=False)),
        (0, said(), FOLLOWER),
        (0, "", None),
        (2, "", None),
    ],
)
def test_what_a_running_member_says(monkeypatch, code, answer, found):
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_more: subprocess.CompletedProcess([], code, answer, ""))
    assert guard.running({"conninfo": ""}) == found


@pytest.mark.parametrize(
    ("checkpoint", "recovery", "history", "timeline"),
    [(3, 0, [], 3), (3, 4, [], 4), (3, 0, ["00000002.history", "0000000A.history"], 10)],
    ids=["at its last checkpoint", "in recovery beyond that", "promoted, and no checkpoint since"],
)
def test_the_newest_timeline_of_the_files_counts(tmp_path, monkeypatch, checkpoint, recovery, history, timeline):
    for name in ("global", "pg_wal"):
        (tmp_path / name).mkdir()
    for name in ("global/pg_control", *(f"pg_wal/{name}" for name in history)):
        (tmp_path / name).touch()
    said = (
        "Database system identifier:           7\n"
        f"Latest checkpoint's TimeLineID:       {checkpoint}\n"
        f"Min recovery ending loc's timeline:   {recovery}\n"
    )
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_more: subprocess.CompletedProcess([], 0, said, ""))
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "60-standby.conf").write_text(
        f"primary_conninfo = '{TO_OWN}'\nplannerate.detached_from = 'main'\n"
    )
    found = guard.on_disk({"data_directory": str(tmp_path), "config_directory": str(tmp_path), "version": 15})
    assert found == peer(timeline, writable=False, standby=False, detached="main")


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
    own = {
        **MEMBER,
        "instance": "15-main",
        "local": True,
        "config_directory": str(directory),
        "data_directory": str(tmp_path),
    }
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
