# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation cannot hurt: its invariants over random histories, clocks and damage."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import keys
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused, UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention import policy as retention

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
POLICY = {
    "daily": 3,
    "weekly": 2,
    "monthly": 2,
    "verified": 1,
    "minimum_age_hours": 24,
    "orphan_grace_hours": 48,
}

ONE = {**POLICY, "daily": 1, "weekly": None, "monthly": None}


def backup(days, state="good", database="shop", system="7", token="00000000"):
    moment = (NOW - timedelta(days=days)).replace(microsecond=0)
    name = keys.backup_id(moment, token)
    return retention.Backup(
        keys.backup_directory("production", system, database, name), system, database, name, moment, state, 1, 2, "why"
    )


def ids(decisions):
    return {decision.backup.directory for decision in decisions}


backups = st.lists(
    st.builds(
        backup,
        days=st.floats(-40, 400).map(lambda days: round(days, 2)),
        state=st.sampled_from(["verified", "good", "damaged", "orphan"]),
        database=st.sampled_from(["shop", "blog"]),
        system=st.sampled_from(["7", "8"]),
        token=st.integers(0, 2**32 - 1).map(lambda number: f"{number:08x}"),
    ),
    max_size=60,
    unique_by=lambda one: one.directory,
)
policies = st.fixed_dictionaries(
    {
        "daily": st.integers(1, 40),
        "weekly": st.none() | st.integers(1, 10),
        "monthly": st.none() | st.integers(1, 10),
        "verified": st.integers(1, 5),
        "minimum_age_hours": st.integers(0, 72),
        "orphan_grace_hours": st.integers(0, 72),
    }
)


def planned(history, policy):
    try:
        return retention.plan(history, policy, NOW)
    except Refused:
        return None


def group_of(one):
    return one.system, one.database


def is_past(one):
    return one.moment <= NOW + retention.FUTURE_TOLERANCE


@given(backups, policies)
def test_every_backup_stays_or_goes_and_each_has_a_reason(history, policy):
    plan = planned(history, policy)
    assume(plan)
    assert sorted(ids(plan.keep) | ids(plan.delete)) == sorted(one.directory for one in history)
    assert not ids(plan.keep) & ids(plan.delete)
    assert all(decision.reason for decision in plan.keep + plan.delete)


@given(backups, policies)
def test_something_restorable_is_left_of_each_database_that_had_it(history, policy):
    plan = planned(history, policy)
    assume(plan)
    for state in ("verified", "good"):
        had = {group_of(one) for one in history if one.state == state and is_past(one)}
        allowed = (state,) if state == "verified" else retention.RESTORABLE
        assert had <= {group_of(one.backup) for one in plan.keep if one.backup.state in allowed}


@given(backups, policies)
def test_without_anything_restorable_no_backup_goes(history, policy):
    history = [one for one in history if one.state not in retention.RESTORABLE or not is_past(one)]
    plan = planned(history, policy)
    if plan:
        assert all(decision.backup.state == "orphan" for decision in plan.delete)


@given(backups, policies)
def test_the_newest_good_one_stays(history, policy):
    plan = planned(history, policy)
    assume(plan)
    newest = {}
    for one in history:
        if one.state in retention.RESTORABLE and is_past(one):
            known = newest.setdefault(group_of(one), one)
            newest[group_of(one)] = max(known, one, key=lambda each: (each.moment, each.directory))
    assert {one.directory for one in newest.values()} <= ids(plan.keep)


@given(backups, policies)
def test_what_is_dated_in_the_future_stays_with_a_warning(history, policy):
    plan = planned(history, policy)
    assume(plan)
    future = {one.directory for one in history if not is_past(one)}
    assert future <= ids(plan.keep)
    assert all(any(directory in warning for warning in plan.warnings) for directory in future)


@given(backups, policies, st.data())
def test_what_is_dated_in_the_future_expires_nothing(history, policy, data):
    history = [one for one in history if is_past(one)]
    plan = planned(history, policy)
    assume(plan)
    ahead = data.draw(st.lists(st.floats(-400, -1), max_size=20))
    later = [backup(round(days, 2), token=f"ffff{number:04x}") for number, days in enumerate(ahead)]
    assert ids(retention.plan(history + later, policy, NOW).delete) == ids(plan.delete)


@given(backups, policies)
def test_one_database_never_expires_another(history, policy):
    together = planned(history, policy)
    assume(together)
    for group in {group_of(one) for one in history}:
        alone = retention.plan([one for one in history if group_of(one) == group], policy, NOW)
        assert ids(alone.delete) == {one.backup.directory for one in together.delete if group_of(one.backup) == group}


@given(backups, policies, st.data())
def test_an_unreadable_manifest_refuses_everything(history, policy, data):
    days = data.draw(st.integers(-10, 400))
    with pytest.raises(Refused, match=r"nothing was deleted: .*manifest\.json cannot be read \(why\)"):
        retention.plan([*history, backup(days, "unreadable", token="abcdef01")], policy, NOW)


@given(backups, policies)
def test_a_second_rotation_finds_nothing_to_do(history, policy):
    plan = planned(history, policy)
    assume(plan)
    left = [decision.backup for decision in plan.keep]
    assert not retention.plan(left, policy, NOW).delete


@given(backups, policies)
def test_a_rotation_that_was_killed_is_finished_by_the_next(history, policy):
    """Manifests went, objects stayed: the same directories go, and nothing else."""
    plan = planned(history, policy)
    assume(plan)
    going = ids(plan.delete)
    halfway = [one._replace(state="orphan") if one.directory in going else one for one in history]
    again = retention.plan(halfway, {**policy, "orphan_grace_hours": 0}, NOW)
    assert going <= ids(again.delete)
    assert {one.backup.directory for one in again.delete if one.backup.state != "orphan"} == set()


@given(backups, policies)
def test_what_is_damaged_holds_no_place(history, policy):
    plan = planned(history, policy)
    assume(plan)
    damaged = {one.directory for one in history if one.state == "damaged"}
    sound = [one for one in history if one.directory not in damaged]
    without = planned(sound, policy)
    assume(without)
    assert {one for one in ids(plan.keep) if one not in damaged} == ids(without.keep)


@settings(max_examples=20)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 12))
def test_rotated_every_day_for_two_years_each_rule_has_its_backups(daily, weekly, monthly):
    policy = {**POLICY, "daily": daily, "weekly": weekly, "monthly": monthly, "minimum_age_hours": 0}
    history = []
    for day in range(730):
        now = NOW + timedelta(days=day)
        history.append(backup(-day, "good"))
        history = [decision.backup for decision in retention.plan(history, policy, now).keep]
    days = [one.moment.date() for one in history]
    assert len({day for day in days if day > (now - timedelta(days=daily)).date()}) == daily
    assert len({day.isocalendar()[:2] for day in days}) >= weekly
    assert len({(day.year, day.month) for day in days}) >= monthly
    assert len(history) <= daily + weekly + monthly + 1


def test_the_newest_of_a_period_is_the_one_that_stays():
    history = [backup(days) for days in (10, 10.1, 10.2, 30, 31, 60)]
    plan = retention.plan(history, {**POLICY, "daily": 1, "weekly": None, "monthly": 3}, NOW)
    assert ids(plan.keep) == {history[0].directory, history[3].directory, history[5].directory}


def test_when_backups_stopped_long_ago_the_last_ones_stay():
    history = [backup(days) for days in range(200, 230)]
    plan = retention.plan(history, {**POLICY, "daily": 5, "weekly": None, "monthly": None}, NOW)
    assert ids(plan.keep) == {one.directory for one in history[:5]}


def test_the_newest_verified_stays_although_no_rule_of_time_would_keep_it():
    history = [backup(days) for days in range(10)] + [backup(300, "verified"), backup(310, "verified")]
    noted = {one.directory: NOW - retention.SECOND_LOOK for one in history}
    plan = retention.plan(history, {**POLICY, "monthly": None}, NOW, noted=noted)
    assert history[10].directory in ids(plan.keep)
    assert history[11].directory in ids(plan.delete)


@pytest.mark.parametrize("state", ["verified", "damaged", "orphan"])
def test_what_was_verified_goes_when_a_day_ago_no_rule_kept_it_either(state):
    old = backup(300, state)._replace(was_verified=True)
    history = [backup(1, "verified"), old]
    first = retention.plan(history, ONE, NOW)
    assert (first.delete, first.noted) == ([], {old.directory: NOW})
    (reason,) = (decision.reason for decision in first.keep if decision.backup == old)
    assert reason.endswith("but it was verified: it goes if a rotation after 2026-11-24 12:00 UTC finds the same")
    soon = retention.plan(history, ONE, NOW + timedelta(hours=23), noted=first.noted)
    assert (soon.delete, soon.noted) == ([], first.noted)
    later = retention.plan(history, ONE, NOW + timedelta(days=1), noted=first.noted)
    assert ids(later.delete) == {old.directory}
    assert retention.grounds(later) == history[:1]


def test_a_look_that_is_dated_in_the_future_counts_from_now():
    history = [backup(1, "verified"), backup(300, "verified")]
    plan = retention.plan(history, ONE, NOW, noted={history[1].directory: NOW + timedelta(days=9)})
    assert (plan.delete, plan.noted) == ([], {history[1].directory: NOW})


def test_a_rule_that_keeps_it_again_makes_a_backup_wait_anew():
    history = [backup(1, "verified"), backup(300, "verified")]
    noted = {history[1].directory: NOW - timedelta(days=9)}
    assert retention.plan(history, {**ONE, "verified": 2}, NOW, noted=noted).noted == {}


def test_a_store_that_contradicts_itself_about_an_old_backup_refuses_everything():
    doubted = backup(90, "verified")._replace(doubt="the listing left out manifest.json, which is there")
    with pytest.raises(
        Refused, match=r"nothing was deleted: production/7/.*: the listing left out .*cannot be relied on"
    ):
        retention.plan([backup(1), backup(95), doubted], POLICY, NOW)
    young = backup(1)._replace(doubt="the listing left out manifest.json, which is there")
    plan = retention.plan([young, backup(95, "orphan")], POLICY, NOW)
    assert (len(plan.delete), plan.warnings) == (1, [f"{young.directory}: {young.doubt}"])


def test_a_new_system_after_an_upgrade_expires_nothing_of_the_old_one():
    old = [backup(days, "verified", system="7") for days in (100, 101)]
    new = [backup(days, "verified", system="8") for days in range(5)]
    plan = retention.plan(old + new, {**POLICY, "verified": 2}, NOW)
    assert {one.directory for one in old} <= ids(plan.keep)


def test_unfinished_uploads_go_after_their_grace():
    old, young = (
        retention.Upload("a", "1", NOW - timedelta(hours=49)),
        retention.Upload("b", "2", NOW - timedelta(hours=47)),
    )
    assert retention.plan([], POLICY, NOW, [old, young]).abort == [old]


def test_nothing_restorable_left_is_refused_with_what_to_do():
    with pytest.raises(Refused, match=r"no restorable backup of shop .* would be left, 1 would go. Make a new backup"):
        retention.plan([backup(90, "damaged"), backup(-3, "good")], POLICY, NOW)


@pytest.mark.parametrize("name", ["daily", "weekly", "monthly", "verified"])
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "3"])
def test_a_count_that_is_none_is_refused_by_name(name, value):
    with pytest.raises(UsageError, match=f"{name} is .*, expected 1 or more"):
        retention.plan([], {**POLICY, name: value}, NOW)


@pytest.mark.parametrize("name", ["minimum_age_hours", "orphan_grace_hours"])
def test_negative_hours_are_refused_by_name(name):
    with pytest.raises(UsageError, match=f"{name} is -1, expected 0 or more"):
        retention.plan([], {**POLICY, name: -1}, NOW)


def test_everything_wrong_in_a_policy_is_named_at_once():
    with pytest.raises(UsageError, match=r"daily .*; verified "):
        retention.plan([], {**POLICY, "daily": 0, "verified": None}, NOW)


@given(backups, backups, policies)
def test_what_somebody_put_there_drives_nothing_authentic_out(history, forged, policy):
    alone = planned([one._replace(authentic=True) for one in history], policy)
    assume(alone)
    places = {one.directory for one in history}
    forged = [one._replace(authentic=False) for one in forged if one.directory not in places]
    together = planned([one._replace(authentic=True) for one in history] + forged, policy)
    if together:
        assert ids(alone.keep) <= ids(together.keep)


def test_a_forged_backup_for_each_day_costs_no_real_one():
    real = [backup(days)._replace(authentic=True) for days in (1.5, 2.5, 3.5)]
    forged = [
        backup(days, state="verified", token="ffffffff")._replace(authentic=False, note="without a signature")
        for days in (0.1, 1.1, 2.1, 3.1)
    ]
    plan = retention.plan(real + forged, {**POLICY, "weekly": None, "monthly": None}, NOW)
    assert ids(plan.keep) >= {one.directory for one in real}
    (warning,) = plan.warnings
    assert "not authentic, without a signature; 4 of shop in all" in warning


def test_what_was_written_long_after_its_time_costs_nothing_real():
    """Whoever has all keys of the machine that writes can sign, and cannot tell the store when that was."""
    real = [backup(days)._replace(authentic=True, stored=NOW - timedelta(days=days - 0.1)) for days in (1.5, 2.5, 3.5)]
    policy = {**POLICY, "weekly": None, "monthly": None}
    for stored, costs in ((NOW, False), (None, True)):
        forged = [
            backup(days, state="verified", token="ffffffff")._replace(authentic=True, stored=stored)
            for days in (1.1, 2.1, 3.1)
        ]
        plan = retention.plan(real + forged, policy, NOW)
        # The first of them is younger than what would be late.
        lost = {one.directory for one in real[1:]} - ids(plan.keep)
        assert bool(lost) is costs
        assert [
            text for text in plan.warnings if "long after the moment in its name; 2 of shop in all" in text
        ] or costs


def test_a_bucket_that_was_moved_is_rotated_as_before():
    moved = [backup(days)._replace(authentic=True, stored=NOW) for days in (10, 11, 12, 13, 14)]
    plan = retention.plan(moved, {**POLICY, "daily": 2, "weekly": None, "monthly": None}, NOW)
    assert ids(plan.keep) == {one.directory for one in moved[:2]}


def test_backups_of_before_go_by_age_like_others():
    before = [backup(days)._replace(authentic=False) for days in (5, 6)]
    signed = [backup(days)._replace(authentic=True) for days in (1, 2, 3)]
    plan = retention.plan(before + signed, {**POLICY, "weekly": None, "monthly": None}, NOW)
    assert ids(plan.delete) == {one.directory for one in before}
