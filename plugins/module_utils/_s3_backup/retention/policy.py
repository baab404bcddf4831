# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which backups stay and which go, each with its reason. Pure.

A good backup is one whose manifest is readable and whose objects are all there; a verified one was restored in a drill.
Only good ones that are not from the future can hold a place of the retention, and only they count as restorable.
"""

from __future__ import annotations

from collections import namedtuple
from datetime import datetime, timedelta, timezone

from ..errors import Refused, UsageError

# state: verified | good | damaged | unreadable | orphan. moment: aware datetime. note: what is known about a bad state.
# was_verified: whether a drill restored it at some time, whatever it is now. doubt: what the store says of it and takes back.
# authentic: whether it was written by who has the key; None where nobody looked. recipients: public keys of who can read it.
# listed: stands for all that the listing says of its objects; None for what had better be looked at anew the next time.
# stored: when its manifest was written, by the store's clock; None where that is not known.
Backup = namedtuple(
    "Backup",
    "directory system database id moment state bytes objects note was_verified doubt authentic recipients listed stored",
    defaults=(False, None, None, (), None, None),
)
Decision = namedtuple("Decision", "backup reason")
# upload: an unfinished multipart upload (key, upload id, when it began).
Upload = namedtuple("Upload", "key id begun")
# noted: moment by directory, at which it was first found that no rule keeps a backup which was verified.
Plan = namedtuple("Plan", "keep delete abort warnings noted")

RESTORABLE = ("verified", "good")
# How many of many are named in a message.
_NAMED = 5
# Between the first rotation that would delete what was verified, and the one that does: a store may lie for a night.
SECOND_LOOK = timedelta(days=1)
# Two clocks that are kept right still differ a little.
FUTURE_TOLERANCE = timedelta(minutes=5)
_COUNTS = {"daily": True, "weekly": False, "monthly": False, "verified": True}
_HOURS = ("minimum_age_hours", "orphan_grace_hours")
_PERIODS = {
    "daily": lambda moment: moment.strftime("%Y-%m-%d"),
    "weekly": lambda moment: "{}-W{:02}".format(*moment.isocalendar()[:2]),
    "monthly": lambda moment: moment.strftime("%Y-%m"),
}


def check_policy(policy):
    """:raises UsageError: naming everything in the policy that is no count or no number of hours."""
    problems = []
    for name, required in _COUNTS.items():
        value = policy.get(name)
        if value is None and not required:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            without = "" if required else ", or none for no such rule"
            problems.append(f"{name} is {value!r}, expected 1 or more{without}")
    for name in _HOURS:
        value = policy.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
            problems.append(f"{name} is {value!r}, expected 0 or more")
    if problems:
        raise UsageError(f"the retention cannot be followed: {'; '.join(problems)}")


def plan(backups, policy, now, uploads=(), noted=None):
    """What stays and what goes.

    :arg backups: Backup tuples in any order.
    :arg policy: dict with C(daily), C(weekly), C(monthly), C(verified), C(minimum_age_hours), C(orphan_grace_hours).
    :arg now: aware datetime, compared with the store's clock before.
    :arg noted: of the plans before.
    :returns: Plan; every backup is either in ``keep`` or in ``delete``.
    :raises Refused: when a manifest is unreadable, the store contradicts itself about what it should know well, or nothing
        restorable of a database would be left. Nothing goes then.
    """
    check_policy(policy)
    groups = _groups(backups)
    problems = _unreadable([backup for group in groups for backup in group if backup.state == "unreadable"])
    doubts, young = _doubts(_newest_first(backups), policy, now)
    problems += doubts
    warnings = list(young)
    keep: list[Decision] = []
    delete: list[Decision] = []
    first: dict[str, datetime] = {}
    for group in groups:
        kept, going, said = _plan_database(group, policy, now)
        kept, going = _slowly(kept, going, noted or {}, now, first)
        keep += kept
        delete += going
        warnings += said
        problems += _nothing_left(group, kept, going)
    if problems:
        raise Refused(f"nothing was deleted: {'; '.join(problems + young)}")
    grace = timedelta(hours=policy["orphan_grace_hours"])
    abort = [upload for upload in uploads if upload.begun <= now - grace]
    return Plan(keep, delete, abort, warnings, first)


def dropped(backups, policy, now):
    """Directories of what no rule keeps among these backups, as C(plan) has it, and without its second look."""
    check_policy(policy)
    return {
        decision.backup.directory for group in _groups(backups) for decision in _plan_database(group, policy, now)[1]
    }


def grounds(plan):
    """The backups that stay and for whose sake something that was verified goes: they had better be there."""
    going = {_database(decision.backup) for decision in plan.delete if _was_verified(decision.backup)}
    return [
        decision.backup
        for decision in plan.keep
        if decision.backup.state in RESTORABLE and _database(decision.backup) in going
    ]


def _slowly(kept, going, noted, now, first):
    """(kept, going): what was verified goes when it was found to go a day ago. Fills C(first) with the moment of that."""
    still = []
    for decision in going:
        if _was_verified(decision.backup):
            since = first[decision.backup.directory] = min(noted.get(decision.backup.directory, now), now)
            if now - since < SECOND_LOOK:
                again = f"{since + SECOND_LOOK:%Y-%m-%d %H:%M} UTC"
                reason = f"{decision.reason}, but it was verified: it goes if a rotation after {again} finds the same"
                kept.append(Decision(decision.backup, reason))
                continue
        still.append(decision)
    return kept, still


def _was_verified(backup):
    return backup.state == "verified" or backup.was_verified


def _newest_first(backups):
    return sorted(backups, key=lambda backup: (backup.moment, backup.directory), reverse=True)


def _groups(backups):
    """Those of each database, newest first."""
    groups: dict[tuple[str, str], list[Backup]] = {}
    for backup in _newest_first(backups):
        groups.setdefault(_database(backup), []).append(backup)
    return list(groups.values())


def _database(backup):
    return backup.system, backup.database


def _doubts(backups, policy, now):
    """(problems, warnings): where the store contradicts itself. What is young may have been written meanwhile."""
    grace = timedelta(hours=policy["orphan_grace_hours"])
    problems: list[str] = []
    warnings: list[str] = []
    for backup in backups:
        if backup.doubt:
            (warnings if now - backup.moment <= grace else problems).append(f"{backup.directory}: {backup.doubt}")
    if problems:
        more = f"; and {len(problems) - _NAMED} others" if len(problems) > _NAMED else ""
        problems = [
            "; ".join(problems[:_NAMED])
            + more
            + ". Run it again; if it stays so, the store's listings cannot be relied on"
        ]
    return problems, warnings


def _plan_database(group, policy, now):
    """(kept, going, warnings) for one database, newest first."""
    places = _places(group, policy, now)
    keep: list[Decision] = []
    delete: list[Decision] = []
    warnings: list[str] = []
    for backup in group:
        stays, reason, warning = _fate(backup, places, policy, now)
        (keep if stays else delete).append(Decision(backup, reason))
        if warning:
            warnings.append(f"{backup.directory}: {warning}")
    forged = [backup for backup in group if backup.authentic is False]
    if forged:
        warnings.append(
            f"{forged[0].directory}: not authentic, {forged[0].note}; {len(forged)} of {forged[0].database} in all. They take no place "
            "of those that are"
        )
    late = [backup for backup in group if _is_late(backup, policy)]
    if late:
        stored = late[0].stored.astimezone(timezone.utc)
        warnings.append(
            f"{late[0].directory}: written at {stored:%Y-%m-%d %H:%M} UTC, long after the moment in its name; {len(late)} of "
            f"{late[0].database} in all. Moved here, or put here to drive out others: they take no place of those that are of their time"
        )
    return keep, delete, warnings


def _places(group, policy, now):
    """Reasons to stay, by directory: the newest of each period that has one, and the newest verified ones.

    What is not authentic takes no place from what is, nor what was written long after its time: somebody may have put it there for that.
    """
    counted = [backup for backup in group if backup.state in RESTORABLE and not _is_future(backup, now)]
    trusted = [backup for backup in counted if backup.authentic is not False and not _is_late(backup, policy)]
    found = _places_among(trusted, policy)
    return {**_places_among(counted, policy), **found} if len(trusted) < len(counted) else found


def _places_among(counted, policy):
    reasons: dict[str, list[str]] = {}
    for rule, period_of in _PERIODS.items():
        newest: dict[str, Backup] = {}
        for backup in counted:
            newest.setdefault(period_of(backup.moment), backup)
        for period in list(newest)[: policy.get(rule) or 0]:
            reasons.setdefault(newest[period].directory, []).append(f"{rule} {period}")
    verified = [backup for backup in counted if backup.state == "verified"]
    for backup in verified[: policy["verified"]]:
        reasons.setdefault(backup.directory, []).append("among the newest verified")
    return reasons


def _fate(backup, places, policy, now):
    """(whether it stays, why, what to warn about)."""
    if _is_future(backup, now):
        return (
            True,
            "dated in the future",
            "dated in the future: some clock was wrong. It is kept and counts for nothing",
        )
    if backup.directory in places:
        return True, ", ".join(places[backup.directory]), None
    age = now - backup.moment
    if backup.state == "orphan":
        if age <= timedelta(hours=policy["orphan_grace_hours"]):
            return True, "no manifest, perhaps still being made", None
        return False, f"no manifest after {_days(age)}: never finished, or its deletion was", None
    if age <= timedelta(hours=policy["minimum_age_hours"]):
        return True, "younger than the minimum age", _about(backup)
    if backup.state == "damaged":
        if age <= timedelta(days=policy["daily"]):
            return True, f"damaged, kept to be looked at until it is {policy['daily']} days old", _about(backup)
        return False, f"damaged and {_days(age)} old: {backup.note}", None
    return False, f"{_days(age)} old, and no rule keeps it", None


def _about(backup):
    return f"damaged, it counts for nothing: {backup.note}" if backup.state == "damaged" else None


def _nothing_left(group, kept, going):
    """Why nothing may go: what would be left of this database cannot be restored."""
    if not going or any(
        decision.backup.state in RESTORABLE and decision.reason != "dated in the future" for decision in kept
    ):
        return []
    # Rests without a manifest were never restorable, so their going takes nothing away.
    if all(decision.backup.state == "orphan" for decision in going):
        return []
    first = group[0]
    return [
        f"no restorable backup of {first.database} (system {first.system}) would be left, {len(going)} would go. Make a new "
        "backup and look into why the old ones are damaged or dated in the future"
    ]


def _unreadable(backups):
    """Why nothing may go: nobody knows what such a manifest stands for."""
    if not backups:
        return []
    named = [f"{backup.directory}manifest.json cannot be read ({backup.note})" for backup in backups[:_NAMED]]
    more = f", nor can {len(backups) - _NAMED} others" if len(backups) > _NAMED else ""
    return ["; ".join(named) + more + ". Look at it, and move or delete its directory by hand if it is worth nothing"]


def _is_future(backup, now):
    return backup.moment > now + FUTURE_TOLERANCE


def _is_late(backup, policy):
    """Whether it was finished when a backup of its moment would have been given up."""
    return bool(backup.stored) and backup.stored - backup.moment > timedelta(hours=policy["orphan_grace_hours"])


def _days(age):
    days, hours = age.days, age.seconds // 3600
    return f"{days} days" if days else f"{hours} hours"
