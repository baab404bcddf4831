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

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import (
    detached_file,
    primary_conninfo,
    standby_file,
)
from ansible_collections.plannerate.infra.plugins.module_utils._discovery import queries

PATH = Path(__file__).resolve().parents[3] / "roles" / "postgres" / "files" / "start_guard.py"
_spec = importlib.util.spec_from_file_location("start_guard", PATH)
guard = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guard)

OWN = {"system_identifier": "7", "timeline": 3}
MEMBERS = [
    {"name": name, "machine": f"db-{name}", "address": f"198.18.0.{number}", "port": 5432}
    for number, name in enumerate(["main", "a", "b", "c"], 1)
]
QUORUM = 'ANY 1 ("main", "a", "b", "c")'
ALL = 'ANY 2 ("main", "a", "b")'


def peer(timeline=3, writable=False, standby=None, identifier="7", follows="", detached=""):
    standby = not writable if standby is None else standby
    return {
        "system_identifier": identifier,
        "timeline": timeline,
        "writable": writable,
        "standby": standby,
        "primary_conninfo": f"host=db-{follows} port=5432 user=replicator" if follows else "",
        "detached_from": detached,
    }


FOLLOWS = peer(follows="main")
DETACHED = peer(detached="main")


def decide(peers, setting=QUORUM, silence_allows=False):
    seen = {name: guard.described(one, MEMBERS[0], OWN, MEMBERS) for name, one in peers.items()}
    return guard.decide(seen, guard.quorum_of(setting), silence_allows)


@pytest.mark.parametrize(
    ("setting", "peers", "may", "said"),
    [
        # One confirms each commit: one that still follows was not asked by any failover that loses nothing.
        (QUORUM, {"a": FOLLOWS, "b": FOLLOWS}, True, "a follows main, on timeline 3; b follows main"),
        (QUORUM, {"a": FOLLOWS, "b": None}, True, "b cannot be asked; a follows main"),
        (QUORUM, {"a": peer(2, follows="main"), "b": None}, True, "a follows main, on timeline 2"),
        (QUORUM, {"a": FOLLOWS, "b": DETACHED}, True, "b is detached from main"),
        # Left on the old timeline: it follows no more, whatever it has.
        (QUORUM, {"a": peer(follows="b"), "b": None, "c": None}, False, "a is told to follow b, on timeline 3"),
        (QUORUM, {"a": peer(), "b": None}, False, "a is told to follow nobody, on timeline 3"),
        (QUORUM, {"a": DETACHED, "b": None}, False, "a is detached from main, on timeline 3"),
        (QUORUM, {"a": DETACHED, "b": None}, False, "run the failover playbook again, which finishes it"),
        (QUORUM, {"a": DETACHED, "b": DETACHED}, False, "run the failover playbook again, which finishes it"),
        (QUORUM, {"a": DETACHED, "b": peer(follows="c"), "c": peer()}, False, "A failover was begun"),
        (QUORUM, {"a": peer(2, detached="main"), "b": peer()}, False, "A failover was begun"),
        (QUORUM, {"a": peer(2, detached="b"), "b": peer(2, standby=False)}, True, "a is detached from b"),
        (QUORUM, {"a": peer(2, detached="b"), "b": None}, False, "b cannot be asked; a is detached from b"),
        # All confirm each commit: any one of them could have become the primary alone.
        (ALL, {"a": FOLLOWS, "b": FOLLOWS}, True, "a follows main"),
        (ALL, {"a": FOLLOWS, "b": None}, False, "Expected 2 that follow it, found 1; or an answer of each"),
        (ALL, {"a": FOLLOWS, "b": DETACHED}, False, "A failover was begun"),
        (ALL, {"a": FOLLOWS, "b": peer(follows="a")}, True, "b is told to follow a"),
        ("ANY 2 (a, b, c)", {"a": FOLLOWS, "b": FOLLOWS, "c": None}, True, "c cannot be asked"),
        ("ANY 2 (a, b, c)", {"a": FOLLOWS, "b": None, "c": None}, False, "Expected 2"),
        ("FIRST 2 (a, b, c)", {"a": FOLLOWS, "b": None, "c": None}, False, "Expected 2"),
        # Nobody confirms: a failover always loses something then, unless somebody follows.
        ("", {"a": FOLLOWS, "b": None}, True, "a follows main"),
        ("", {"a": peer(follows="b"), "b": None}, False, "Expected 1"),
        # One that confirms nothing proves nothing: those who do may have been asked and have agreed.
        (
            'ANY 1 ("a", "b")',
            {"a": None, "b": None, "c": FOLLOWS},
            False,
            "c follows main, on timeline 3, but confirms no commit of it. Expected 1 that follow it, found 0",
        ),
        ('ANY 1 ("a", "b")', {"a": None, "b": FOLLOWS, "c": FOLLOWS}, True, "b follows main"),
        ("*", {"a": None, "b": FOLLOWS}, True, "b follows main"),
        # Nobody may be ahead, whoever follows.
        (QUORUM, {"a": peer(4), "b": None}, False, "a is on timeline 4, newer than its own 3"),
        (QUORUM, {"a": FOLLOWS, "b": peer(4)}, False, "b is on timeline 4"),
        (QUORUM, {"a": FOLLOWS, "b": peer(4, standby=False)}, False, "b is on timeline 4"),
        (QUORUM, {"a": FOLLOWS, "b": peer(3, writable=True)}, False, "b takes writes"),
        (QUORUM, {"a": peer(2, writable=True), "b": None}, False, "a takes writes"),
        # Without followers all have to answer.
        (QUORUM, {"a": None, "b": None}, False, "a cannot be asked; b cannot be asked"),
        (QUORUM, {"a": peer(2), "b": None}, False, "b cannot be asked"),
        (QUORUM, {"a": peer(standby=False), "b": None}, False, "a is no standby and does not run"),
        (QUORUM, {"a": peer(9, identifier="8"), "b": None}, False, "a belongs to another cluster (8)"),
        (QUORUM, {"a": peer(2), "b": peer(1)}, True, "a is told to follow nobody, on timeline 2"),
        (QUORUM, {"a": peer(follows="b"), "b": peer(follows="c"), "c": peer(2)}, True, "a is told to follow b"),
        (QUORUM, {}, True, "it has no peers"),
    ],
)
def test_what_the_peers_say_decides(setting, peers, may, said):
    decided, why = decide(peers, setting)
    assert decided is may, why
    assert said in why


def test_silence_is_a_setting():
    assert decide({"a": None}, silence_allows=True)[0] is True
    assert decide({"a": None, "b": peer(4)}, silence_allows=True)[0] is False
    assert decide({"a": None, "b": DETACHED}, silence_allows=True)[0] is False


@pytest.mark.parametrize(
    ("settings", "needed", "counted"),
    [
        (["", ""], 1, None),
        (["*"], 1, None),
        (["a, b"], 1, {"a", "b"}),
        (['ANY 1 ("main", "a")', ""], 1, {"main", "a"}),
        (["ANY 1 (a, b, c)", 'any 2 (b, "c", d)'], 2, {"b", "c"}),
        (["FIRST 3 (*)", "ANY 1 (a)"], 3, {"a"}),
        (["2 (a, b)"], 2, {"a", "b"}),
    ],
)
def test_the_strictest_of_the_inventory_and_the_files_counts(settings, needed, counted):
    assert guard.quorum_of(*settings) == (needed, counted)


@pytest.mark.parametrize(
    ("conninfo", "told"),
    [
        ("", None),
        (" ", None),
        ("host=db-a port=5432", "a"),
        ("host=db-a", "a"),
        ("host='db-a' hostaddr = 198.18.0.2 port='5432' password=secret", "a"),
        ("host=elsewhere hostaddr=198.18.0.3 port=5432", "b"),
        ("host=db-a port=5433 password=secret", "db-a, port 5433"),
        ("host=db-a,db-b port=5432", "db-a,db-b, port 5432"),
        ("user=replicator", "an unknown host, port 5432"),
    ],
)
def test_whom_a_standby_is_told_to_follow(conninfo, told):
    members = [*MEMBERS, {"name": "without an address", "machine": "db-d", "address": None, "port": 5432}]
    assert guard.told_to_follow(conninfo, members) == told


def test_a_connection_of_the_collection_is_understood():
    login = {"user": "replicator", "passfile": "/passfile", "ca_certificate": "/ca.crt"}
    assert guard.told_to_follow(primary_conninfo(MEMBERS[2], "a", login), MEMBERS) == "b"


def test_the_timeline_is_asked_for_as_everywhere_else():
    """The guard runs on the machine, without the collection: what it asks is a copy."""
    assert queries.TIMELINE in guard.QUERY


@pytest.mark.parametrize(
    ("code", "answer", "found"),
    [
        (0, json.dumps(FOLLOWS) + "\n", FOLLOWS),
        (0, "", None),
        (2, "", None),
    ],
)
def test_what_a_running_member_says(monkeypatch, code, answer, found):
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_more: subprocess.CompletedProcess([], code, answer, ""))
    assert guard.running({"conninfo": ""}) == found


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Makes a stopped member of this machine from what its control file says, the names of its files and its configuration."""

    def make(checkpoint=3, recovery=0, files=(), configuration=None):
        for name in ("global", "pg_wal", "conf.d"):
            (tmp_path / name).mkdir()
        for name in ("global/pg_control", *files):
            (tmp_path / name).touch()
        for name, text in (configuration or {}).items():
            (tmp_path / name).write_text(text)
        said = (
            "Database system identifier:           7\n"
            f"Latest checkpoint's TimeLineID:       {checkpoint}\n"
            f"Min recovery ending loc's timeline:   {recovery}\n"
        )
        monkeypatch.setattr(subprocess, "run", lambda *_words, **_more: subprocess.CompletedProcess([], 0, said, ""))
        return {"data_directory": str(tmp_path), "config_directory": str(tmp_path), "version": 15}

    return make


@pytest.mark.parametrize(
    ("checkpoint", "recovery", "history", "timeline"),
    [(3, 0, [], 3), (3, 4, [], 4), (3, 0, ["00000002.history", "0000000A.history"], 10)],
    ids=["at its last checkpoint", "in recovery beyond that", "promoted, and no checkpoint since"],
)
def test_the_newest_timeline_of_the_files_counts(stopped, checkpoint, recovery, history, timeline):
    found = guard.on_disk(stopped(checkpoint, recovery, [f"pg_wal/{name}" for name in history]))
    assert found == peer(timeline, writable=False, standby=False)


def test_a_stopped_standby_of_this_machine_follows_by_its_files(stopped):
    login = {"user": "replicator", "passfile": "/passfile", "ca_certificate": "/ca.crt"}
    text = standby_file(MEMBERS[0], {**MEMBERS[1], "slot": "a"}, login)
    found = guard.on_disk(stopped(files=["standby.signal"], configuration={"conf.d/60-standby.conf": text}))
    assert decide({"a": found, "b": None}) == (True, "b cannot be asked; a follows main, on timeline 3")


def test_a_stopped_standby_of_this_machine_is_detached_by_its_files(stopped):
    configuration = {"conf.d/60-standby.conf": detached_file("main")}
    found = guard.on_disk(stopped(files=["standby.signal"], configuration=configuration))
    assert found == DETACHED


def test_the_last_line_of_a_setting_wins_and_of_the_files_the_servers_own(stopped):
    member = stopped(
        configuration={
            "conf.d/50-settings.conf": "# port = 1\nPORT = 2 # two\nport 3\nsynchronous_standby_names = 'ANY 1 (\"a\")'\n",
            "conf.d/60-standby.conf": "primary_conninfo = 'host=a password=''it is'' x=\\'y\\''\n",
            "conf.d/.70.conf": "port = 9\n",
            "conf.d/70.conf.new": "port = 9\n",
            "postgresql.auto.conf": "synchronous_standby_names = ''\nwork_mem='4MB'\n",
        }
    )
    assert guard.settings(member) == {
        "port": "3",
        "synchronous_standby_names": "",
        "primary_conninfo": "host=a password='it is' x='y'",
        "work_mem": "4MB",
    }


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
        **MEMBERS[0],
        "instance": "15-main",
        "local": True,
        "config_directory": str(directory),
        "data_directory": str(tmp_path),
        "synchronous_standby_names": QUORUM,
    }
    others = [{**MEMBERS[number], "instance": f"15-{number}", "local": False} for number in (1, 2)]
    return found, directory, {"members": [own, *others], "start_without_peers": False, "timeout": 0}


@pytest.fixture
def answers(member, monkeypatch):
    """What the peers answer, in turn. The last answer is given again and again."""

    def give(**by_name):
        given = {name: iter(said) for name, said in by_name.items()}
        last = {}

        def running(asked):
            last[asked["name"]] = next(given[asked["name"]], last.get(asked["name"]))
            return last[asked["name"]]

        monkeypatch.setattr(guard, "running", running)
        member[2]["timeout"] = 60
        return given

    return give


def test_peers_are_asked_again_until_enough_follow(member, answers, capsys):
    answers(a=[None, None, FOLLOWS], b=[None])
    may, said = guard.judge(member[2], "15-main")
    assert may, said
    assert capsys.readouterr().err.count("main asks for 60 seconds: a cannot be asked; b cannot be asked") == 1


def test_a_detached_one_is_asked_again_since_its_failover_may_end(member, answers):
    answers(a=[DETACHED, DETACHED, FOLLOWS], b=[DETACHED])
    assert guard.judge(member[2], "15-main")[0]
    answers(a=[DETACHED, peer(4, writable=True)], b=[DETACHED])
    may, said = guard.judge(member[2], "15-main")
    assert not may
    assert "a is on timeline 4" in said


def test_nobody_is_asked_again_once_one_is_ahead(member, answers):
    left = answers(a=[peer(4)], b=[None, FOLLOWS])
    assert not guard.judge(member[2], "15-main")[0]
    assert list(left["b"]) == [FOLLOWS]


def test_what_its_own_files_say_of_the_quorum_counts(member, answers, tmp_path):
    answers(a=[FOLLOWS], b=[None])
    assert guard.judge(member[2], "15-main")[0]
    member[2]["timeout"] = 0
    (tmp_path / "postgresql.auto.conf").write_text(f"synchronous_standby_names = '{ALL}'\n")
    may, said = guard.judge(member[2], "15-main")
    assert not may
    assert "Expected 2" in said


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
