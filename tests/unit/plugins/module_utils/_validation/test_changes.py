# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both changes are told as clients noticed them; a primary that died, or did not come back, is told with the way."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.changes import rows, waits_for_the_dead
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS

LEDGER = {
    "commits": 1200,
    "failures": 0,
    "errors": [],
    "stopped_seconds": 0.6,
    "longest_seconds": 0.7,
    "lost": 0,
    "was_told_to_stop": True,
}
THERE, BACK = "pg-main to pg-replica1", "pg-replica1 to pg-main"


def answer(first=None, second=None, **changed):
    return {
        "home": "pg-main",
        "primary": "pg-main",
        "errors": [],
        "streaming": ["pg-replica1", "pg-replica2"],
        "astray": [],
        "changes": [
            {
                "mode": "switchover",
                "source": source,
                "target": target,
                "began": began,
                "ended": began + 20,
                "done": True,
                "ledger": {**LEDGER, **(given or {})},
            }
            for source, target, began, given in (
                ("pg-main", "pg-replica1", 1000.0, first),
                ("pg-replica1", "pg-main", 1040.0, second),
            )
        ],
        **changed,
    }


def dead(first=None, **changed):
    """As C(answer), where the primary died before it was replaced."""
    found = answer(first, **changed)
    found["changes"][0] |= {"mode": "failover", "died": 1004.0, "commanded": 1004.5}
    return found


def bad(found, part="recovery"):
    return {
        (row["subject"], row["check"]): (row["verdict"], row["note"])
        for row in rows(part, found, LIMITS)
        if row["verdict"] != "pass"
    }


def test_there_and_back():
    assert bad(answer()) == {}
    found = {(row["subject"], row["check"]): row["measured"] for row in rows("recovery", answer(), LIMITS)}
    assert found["cluster", "promoted, and back after"] == 1 and found["cluster", "primary now"] == "pg-main"
    assert found[THERE, "until the next write"] == 0.6


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        ({"lost": 1}, "acknowledged commits that are lost"),
        ({"failures": 1, "errors": ["gone"]}, "transactions that failed"),
        ({"stopped_seconds": 5.1}, "until the next write"),
    ],
)
def test_each_promise_has_its_row(broken, check):
    assert bad(answer(second=broken)) == {(BACK, check): ("fail", "; ".join(broken.get("errors", [])))}


def test_without_commits_nobody_knows_what_is_lost():
    assert bad(answer(first={"commits": 0})) == {(THERE, "acknowledged commits that are lost"): ("not measured", "")}


def test_clients_that_ended_too_soon_measured_nothing():
    (found,) = bad(answer(first={"was_told_to_stop": False})).items()
    assert found[0] == (THERE, "was measured") and "validate_ledger_seconds" in found[1][1]


def test_a_ledger_that_failed_says_why():
    failed = answer()
    failed["changes"][0]["ledger"] = {"failed": True, "msg": "another validation runs"}
    assert bad(failed) == {(THERE, "was measured"): ("not measured", "another validation runs")}


def test_one_that_did_not_come_back_is_told_with_the_way():
    away = answer(primary="pg-replica1")
    (found,) = bad(away).items()
    assert found[0] == ("cluster", "promoted, and back after") and "switchover_target=pg-main" in found[1][1]


def test_a_change_that_was_refused_is_no_change():
    refused = answer(reason="the standby is behind")
    refused["changes"] = [{**refused["changes"][0], "done": False}]
    assert bad(refused) == {
        (THERE, "was measured"): ("not measured", "the primary was not changed"),
        ("cluster", "promoted, and back after"): ("not measured", "the standby is behind"),
    }
    assert bad({"reason": "no standby follows"}) == {("-", "was measured"): ("not measured", "no standby follows")}


def test_a_standby_that_was_left_behind_is_told_with_the_way():
    check = ("cluster", "standbys that do not follow")
    assert bad(answer(astray=["pg-replica2"])) == {check: ("fail", "pg-replica2: playbooks/rejoin.yml")}


def test_a_primary_that_died_is_told_as_clients_noticed_it():
    given = {"failures": 7, "errors": ["gone"], "stopped_seconds": 8.25}
    assert bad(dead(given), "failover") == {}
    found = {(row["subject"], row["check"]): row["measured"] for row in rows("failover", dead(given), LIMITS)}
    assert found["pg-main dies", "until the next write"] == 8.25
    assert found["pg-main dies", "until the next write, from the command on"] == 7.75
    assert found["pg-main dies", "transactions that failed"] == 7
    assert found[BACK, "until the next write"] == 0.6
    assert found["cluster", "dead, replaced, and back after"] == 1 and found["cluster", "standbys that stream"] == 2


@pytest.mark.parametrize(
    ("broken", "checks"),
    [
        ({"lost": 1}, ["acknowledged commits that are lost"]),
        ({"stopped_seconds": 3600.2}, ["until the next write"]),
        ({"stopped_seconds": 3601.0}, ["until the next write", "until the next write, from the command on"]),
    ],
)
def test_each_promise_of_a_failover_has_its_row(broken, checks):
    assert bad(dead(broken), "failover") == {("pg-main dies", check): ("fail", "") for check in checks}


def test_a_primary_that_died_and_that_nobody_replaced_is_told_with_the_next_command():
    found = dead(reason="Nobody was promoted", primary=None, errors=["no member takes writes"], streaming=[])
    found["changes"] = [{**found["changes"][0], "done": False}]
    told = bad(found, "failover")
    assert told["pg-main dies", "was measured"] == ("not measured", "the primary was not changed")
    assert told["cluster", "dead, replaced, and back after"] == ("not measured", "Nobody was promoted")
    verdict, note = told["cluster", "primary now"]
    assert verdict == "not measured" and note.startswith(
        "no member takes writes; nobody takes writes: playbooks/failover"
    )


def test_where_nobody_was_asked_afterwards_nothing_is_told_of_the_members():
    asked = answer()
    for name in ("primary", "errors", "streaming", "astray"):
        del asked[name]
    assert bad(asked)["cluster", "primary now"] == ("not measured", "nobody was asked afterwards")


def test_who_could_not_rejoin_is_told_with_the_reason():
    check = ("cluster", "standbys that do not follow")
    reasons = {"pg-main": "", "pg-replica1": "the disk was full for a while", "pg-replica2": "the disk is full"}
    found = answer(astray=["pg-main", "pg-replica2"], not_rejoined=reasons)
    assert bad(found) == {check: ("fail", "pg-main; pg-replica2 (the disk is full): playbooks/rejoin.yml")}


@pytest.mark.parametrize(
    ("done", "check", "verdict"),
    [(False, "was measured", "not measured"), (True, "one attempt was enough", "fail")],
)
def test_a_promotion_whose_rest_failed_is_no_primary_that_was_not_changed(done, check, verdict):
    found = dead()
    found["changes"][0] |= {"done": done, "promoted": "pg-replica2", "reason": "PgBouncer did not answer"}
    told = bad(found, "failover")
    assert told["pg-main dies", check] == (verdict, "pg-replica2 was promoted, but: PgBouncer did not answer")


def standbys(**settings):
    return {
        name.replace("_", "-"): {"settings": {"synchronous_standby_names": value}} for name, value in settings.items()
    }


ALL = 'ANY 2 ("pg-main", "pg-replica1", "pg-replica2")'
ONE = 'ANY 1 ("pg-main", "pg-replica1", "pg-replica2")'


@pytest.mark.parametrize(
    ("answers", "waiting"),
    [
        (standbys(pg_replica1=ONE, pg_replica2=ONE), []),
        (standbys(pg_replica1="", pg_replica2=""), []),
        (standbys(pg_replica1="*", pg_replica2="*"), []),
        (standbys(pg_replica1=ALL, pg_replica2=ALL), ["pg-replica1", "pg-replica2"]),
        (standbys(pg_replica1=ONE), ["pg-replica1"]),
        # The other one is not asked.
        (standbys(pg_replica1='ANY 1 ("pg-main")', pg_replica2=ONE), ["pg-replica1"]),
    ],
)
def test_commits_that_would_hang_after_a_death_are_told(answers, waiting):
    found = waits_for_the_dead(answers, list(answers))
    assert [sentence.split()[3] for sentence in found] == waiting
