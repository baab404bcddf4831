# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each pool is judged for all of its users together, by its own size."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._validation.pool import rows
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS

POOL = {
    "pool": "shop",
    "clients_waiting": 0,
    "longest_wait_seconds": 0.0,
    "servers_active": 10,
    "servers_idle": 5,
    "servers_allowed": 20,
}


def verdicts(*pools):
    found = rows({"db01": {"rows": list(pools)}}, LIMITS)
    return {row["check"]: row["verdict"] for row in found}


def test_a_pool_within_its_limits_is_good():
    assert set(verdicts(POOL).values()) == {"pass"}


def test_who_waits_and_how_long_is_told():
    found = verdicts({**POOL, "clients_waiting": 1, "longest_wait_seconds": 6})
    assert found == {"clients that wait": "fail", "longest wait now": "fail", "server connections": "pass"}


def test_the_users_of_a_pool_share_what_it_may_have():
    assert verdicts(POOL, {**POOL, "user": "other"})["server connections"] == "fail"


def test_a_pooler_that_does_not_answer_is_not_measured_and_the_others_are():
    found = rows({"db01": {"reason": "refused"}, "db02": {"rows": [POOL]}}, LIMITS)
    assert [(row["subject"], row["verdict"]) for row in found[:2]] == [
        ("db01", "not measured"),
        ("shop on db02", "pass"),
    ]
