# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time has a lock, by a clock that the tests set."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import lock as locks
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import said

NOW = 1_795_681_678.0
ANA = {
    "user": "ana", "host": "laptop", "controller": "a", "process": 4711, "began": 17.0, "command": "c", "reason": "site.yml"
}  # fmt: skip
BOB = {**ANA, "user": "bob", "host": "runner", "process": 12, "reason": "failover.yml"}


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "DIRECTORY", str(tmp_path / "locks"))


def take(holder, after=0.0, **more):
    return locks.take("cluster", holder, 60, NOW + after, **more)


def test_a_second_run_is_told_who_has_it_and_how_to_break_it():
    assert take(ANA)
    with pytest.raises(locks.Held) as held:
        take(BOB, 20)
    told = said.held(held.value.lock, "db01", NOW + 20)
    assert "ana@laptop:4711 has the lock cluster since 2026-11-26" in told and "for site.yml, on db01" in told
    assert "expires in 40 s" in told and "playbooks/unlock.yml -e unlock=ana@laptop:4711" in told
    assert locks.read("cluster")["holder"] == ANA
    assert [lock["holder"] for lock in locks.held(NOW + 20)] == [ANA]
    assert locks.held(NOW + 60) == []


def test_its_holder_renews_it_and_gives_it_up():
    take(ANA)
    assert not take({**ANA, "reason": "another playbook"}, 50)
    with pytest.raises(locks.Held):
        take(BOB, 100)
    assert not locks.give_up("cluster", BOB)
    assert locks.give_up("cluster", ANA)
    assert take(BOB, 101)
    assert locks.give_up("cluster", BOB) and not locks.give_up("cluster", BOB)


def test_the_same_run_takes_again_what_it_gave_up():
    """Two playbooks on one command line are one process."""
    take(ANA)
    locks.give_up("cluster", ANA)
    take(BOB, 1)
    locks.give_up("cluster", BOB)
    assert take(ANA, 2)


def test_it_expires_and_a_late_holder_must_not_go_on():
    take(ANA)
    assert take(BOB, 60)
    locks.give_up("cluster", BOB)
    with pytest.raises(locks.Lost) as lost:
        take(ANA, 61)
    assert "lost it: bob@runner:12 took it at 2026-11-26" in said.lost(lost.value.lock, "db01")
    with pytest.raises(locks.Lost):
        locks.give_up("cluster", ANA)


def test_one_that_expired_and_that_nobody_else_had_is_still_its_holders():
    take(ANA)
    assert not take(ANA, 600)


def test_a_run_that_has_ended_keeps_nobody_waiting():
    take(ANA)
    with pytest.raises(locks.Held):
        take(BOB, 1, ended={**ANA, "began": 18.0})
    assert take(BOB, 1, ended=ANA)


def test_a_broken_one_is_free_and_its_holder_must_not_go_on():
    take(ANA)
    assert locks.give_up("cluster", ANA, "broken")
    with pytest.raises(locks.Lost) as lost:
        take(ANA, 1)
    assert "an operator broke it" in said.lost(lost.value.lock, "db01")
    assert take(BOB, 2)


def test_another_process_of_the_same_number_is_another_run():
    take(ANA)
    with pytest.raises(locks.Held):
        take({**ANA, "began": 18.0}, 1)


@pytest.mark.parametrize("text", ["", "\n", "[]", "{}", '{"name": "cluster"}', "null"])
def test_a_file_that_is_no_lock_is_one_that_nobody_has(text, tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "cluster").write_text(text)
    (tmp_path / "locks" / ".cluster.swp").write_text("an editor's")
    assert locks.held(NOW) == []
    assert take(ANA)


def test_nobody_waits_for_ever_for_a_disk_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.2)
    with locks._alone(), pytest.raises(BlockingIOError):
        take(ANA)


def test_it_knows_only_so_many_runs_of_before():
    for number in range(30):
        take({**ANA, "process": number}, number * 60)  # Each loses it by its expiry.
    assert len(locks.read("cluster")["before"]) == locks.REMEMBERED


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_no_other_file_is_a_lock(name):
    with pytest.raises(ValueError, match="no name of a lock"):
        locks.read(name)
