# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load rises as long as everything is kept, and the row of what gave way is red."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._validation.load import figures
from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS
from ansible_collections.plannerate.infra.plugins.module_utils._validation.stress import goes_on, rows

LAG = {"standbys": {"pg-replica1": {"seconds": 0.1}}}


def step(clients=2, **changed):
    return {
        "clients": clients,
        "lag": LAG,
        "database": figures([5.0] * 1000, 0),
        "site": figures([20.0] * 1000, 0),
        **changed,
    }


def bad(*steps, **answer):
    found = rows({"steps": steps, **answer}, LIMITS)
    return {(row["subject"], row["check"]): row["verdict"] for row in found if row["verdict"] != "pass"}


def gave_way(*steps):
    (row,) = [row for row in rows({"steps": steps}, LIMITS) if row["check"] == "what gave way first"]
    return row["measured"]


def test_all_kept_at_the_last_step_and_what_is_not_promised_is_told():
    assert bad(step(), step(4)) == {} and goes_on([step(), step(4)], LIMITS) and goes_on([], LIMITS)
    found = {(row["subject"], row["check"]): row["measured"] for row in rows({"steps": [step(), step(4)]}, LIMITS)}
    assert found["PgBouncer and PostgreSQL", "clients at a time"] == 4
    assert found["Traefik and the application", "p50"] == 20 and gave_way(step()) == "nothing"


def test_each_promise_stops_the_load():
    broken = {
        ("Traefik and the application", "p95"): {"site": figures([201.0] * 1000, 0)},
        ("PgBouncer and PostgreSQL", "p95"): {"database": figures([201.0] * 1000, 0)},
        ("Traefik and the application", "answers that were good"): {"site": figures([1.0] * 997, 3)},
        ("pg-replica1", "lag in time"): {"lag": {"standbys": {"pg-replica1": {"seconds": 1.5}}}},
    }
    for row, changed in broken.items():
        assert bad(step(**changed)) == {row: "fail"}
        assert not goes_on([step(), step(4, **changed)], LIMITS) and gave_way(step(**changed)) == ": ".join(row)


def test_a_limit_of_the_inventory_is_the_limit():
    slow = step(site=figures([201.0] * 1000, 0))
    assert goes_on([slow], {**LIMITS, "stress_p95_ms": 300})


def test_what_is_not_installed_is_named_and_the_rest_goes_on():
    missing = step(site={"reason": "not installed: curl"})
    (row,) = [row for row in rows({"steps": [missing]}, LIMITS) if row["verdict"] != "pass"]
    assert (row["subject"], row["verdict"], row["note"]) == (
        "Traefik and the application",
        "not measured",
        "not installed: curl",
    )
    assert goes_on([missing], LIMITS)


def test_a_site_that_the_inventory_does_not_tell_of_is_named_and_the_rest_goes_on():
    missing = step(site={"reason": "no site: docker_host_environments of app01 has no domain for production"})
    assert bad(missing) == {("Traefik and the application", "was measured"): "not measured"}
    assert goes_on([missing], LIMITS)


def test_without_a_site_the_database_alone_is_told():
    alone = {name: value for name, value in step().items() if name != "site"}
    assert not [row for row in rows({"steps": [alone]}, LIMITS) if row["subject"].startswith("Traefik")]


def test_what_cannot_be_measured_is_the_end_too():
    broken = {
        ("pg-replica1", "lag in time"): {"lag": {"standbys": {"pg-replica1": {"seconds": None}}}},
        ("standbys", "was measured"): {"lag": {"msg": "timed out"}},
        ("Traefik and the application", "was measured"): {"site": {"reason": "gone"}},
    }
    for row, changed in broken.items():
        assert bad(step(**changed)) == {row: "not measured"} and not goes_on([step(**changed)], LIMITS)
        assert gave_way(step(**changed)) == f"{': '.join(row)}, not measured"
    silent = step(database=figures([], 0))
    assert len(bad(silent)) == 2 and not goes_on([silent], LIMITS)


def test_what_ended_it_is_told_beside_what_was_measured():
    assert bad(step(), reason="the job is gone") == {("-", "was measured"): "not measured"}
    assert bad(reason="no primary") == {("-", "was measured"): "not measured"}
