# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only what no inventory names is removed, what holds data only by its name, and a database never without a backup unless so told."""

from __future__ import annotations

import json

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._removal.environment import environment_plan

KINDS = {
    "app01": ["expectations", "files", "probes", "routes", "stack"],
    "db01": ["backups", "expectations", "pools", "timers"],
}
OWNERS = {"postgres": "postgres", "shop_production": "shop", "shop_staging": "shop_staging"}


def request(**others):
    return {
        "environment": "staging",
        "owned": True,
        "limited": False,
        "own": ["production"],
        "named": ["production"],
        "named_databases": ["shop_production"],
        "drop": [],
        "volumes": "",
        "without_backup": "",
        "backup_key": "",
        "unlisted": "",
        "groups": {"docker_hosts": ["app01"], "pgbouncers": ["db01"], "s3_backups": ["db01"]},
        **others,
    }


def machines(without=(), databases=("shop_staging",), owners=(), kinds=None):
    kinds = kinds or KINDS

    def has(name):
        traces = [
            {"environment": "staging", "kind": kind, "path": f"/{kind}"} for kind in kinds[name] if kind not in without
        ]
        others = [{"environment": "production", "kind": kind, "path": f"/production/{kind}"} for kind in kinds[name]]
        return {"traces": [*traces, *others], "databases": {}, "owners": {}, "members": []}

    found = {name: has(name) for name in kinds}
    found["db01"]["databases"] = {"staging": [*databases], "production": ["shop_production"]}
    found["db01"]["owners"] = {"staging": [*owners]}
    return found


STAGING = machines()


def plan(machines=STAGING, owners=None, comments=None, **others):
    cluster = {"owners": owners or OWNERS, "comments": comments or {}, "roles": ["postgres", "shop", "shop_staging"]}
    return environment_plan(request(**others), machines, cluster)


def test_the_database_its_files_and_its_backups_stay_unless_they_are_named():
    found = plan()
    assert (found["problems"], found["drop"], found["roles"], found["dump_role"]) == ([], [], [], False)
    assert (found["backup"], found["logins"], found["finished"]) == (["shop_staging"], ["shop_staging"], False)
    stays = [line for line in found["lines"] if line.startswith("stays: ")]
    for word in ("remove_database=shop_staging", "remove_volumes=staging", "remove_backup_key=staging"):
        assert sum(word in line for line in stays) == 1


def test_the_backup_stands_first_and_every_thing_is_named_with_its_machine():
    lines = plan()["lines"]
    assert lines[0].startswith("first: one more backup of shop_staging")
    for kind, machine in [
        ("routes", "app01"),
        ("stack", "app01"),
        ("probes", "app01"),
        ("pools", "db01"),
        ("timers", "db01"),
    ]:
        assert any(line.startswith("goes: ") and f"/{kind} on {machine}" in line for line in lines), kind
    assert not any("production" in line for line in lines)


def test_each_word_lets_one_thing_go():
    assert plan(drop=["shop_staging"])["drop"] == ["shop_staging"]
    assert any("UPLOADS" in line for line in plan(volumes="staging")["lines"])
    assert any("THE KEY" in line for line in plan(backup_key="staging")["lines"])
    assert plan(without_backup="staging")["backup"] == []


def test_with_the_last_database_its_roles_go():
    found = plan(drop=["shop_staging"])
    assert (found["roles"], found["dump_role"], found["backup"]) == (["shop_staging"], True, ["shop_staging"])


def test_nobody_logs_in_any_more_when_the_backup_before_a_drop_is_made():
    found = plan(drop=["shop_staging"])
    assert found["logins"] == ["shop_staging"]
    assert not any("the login of" in line for line in found["lines"])


def test_with_one_of_two_databases_no_role_goes():
    owners = {**OWNERS, "reports": "shop_staging"}
    found = plan(machines(databases=["shop_staging", "reports"]), owners, drop=["reports"])
    assert (found["drop"], found["roles"], found["logins"], found["dump_role"]) == (
        ["reports"],
        [],
        ["shop_staging"],
        False,
    )


def test_an_owner_who_owns_somebody_elses_database_too_keeps_its_login():
    found = plan(owners={**OWNERS, "shop_production": "shop_staging"})
    assert found["logins"] == []
    assert plan(owners={**OWNERS, "shop_production": "shop_staging"}, drop=["shop_staging"])["roles"] == []


COPY, LOADED = "shop_staging_before_20260131t120000z", "restore_0123456789abcdef"
ALL_WORDS = {"drop": ["shop_staging"], "volumes": "staging", "backup_key": "staging"}


def mark(target):
    return {LOADED: json.dumps({"plannerate-backup": "loaded", "target": target, "backup": "1"})}


@pytest.mark.parametrize(
    ("beside", "owner", "comments"),
    [
        (COPY, "shop_staging", {}),
        ("shop_staging_restored_20260131t120000z", "shop_staging", {}),
        (LOADED, "postgres", mark("shop_staging")),
        (LOADED, "postgres", mark("shop_staging_restored_20260131t120000z")),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_a_restore_left_keeps_the_roles_but_no_login(beside, owner, comments, first):
    """Else the owner writes on between the last backup and the drop; and no role goes that a database depends on."""
    owners = {**OWNERS, beside: owner}
    if not first:
        del owners["shop_staging"]
    found = plan(machines(owners=["shop_staging"]), owners, comments, **ALL_WORDS)
    assert (found["problems"], found["logins"], found["beside"]) == ([], ["shop_staging"], [beside])
    assert (found["roles"], found["dump_role"], found["finished"]) == ([], False, False)
    assert any(line.startswith("stays: ") and f'DROP DATABASE "{beside}"' in line for line in found["lines"])
    del owners[beside]
    found = plan(machines(owners=["shop_staging"]), owners, **ALL_WORDS)
    assert (found["roles"], found["dump_role"], found["finished"]) == (["shop_staging"], True, True)


def test_another_database_of_the_owner_keeps_login_and_roles():
    found = plan(owners={**OWNERS, "copy": "shop_staging"}, **ALL_WORDS)
    assert (found["logins"], found["roles"], found["dump_role"], found["beside"]) == ([], [], False, ["copy"])
    said = "stays: the login of shop_staging, who owns another database too. What it writes to shop_staging after the last backup is lost"
    assert any(line.startswith(said) for line in found["lines"])
    assert not any("stays: the login" in line for line in plan(**ALL_WORDS)["lines"])


@pytest.mark.parametrize(
    ("other", "comments"),
    [
        ("shop_production_before_20260131t120000z", {}),
        ("shop_staging_before_christmas", {}),
        (LOADED, mark("shop_production")),
        (LOADED, {LOADED: None}),
        (LOADED, {LOADED: "by hand"}),
    ],
)
def test_what_a_restore_left_of_another_environment_keeps_nothing(other, comments):
    found = plan(owners={**OWNERS, other: "shop"}, comments=comments, **ALL_WORDS)
    assert (found["roles"], found["finished"], found["beside"]) == (["shop_staging"], True, [])
    assert not any(other in line for line in found["lines"])


def test_an_owner_whose_database_is_gone_is_remembered():
    """The run that dropped the database was killed before it dropped its owner."""
    owners = {name: owner for name, owner in OWNERS.items() if name != "shop_staging"}
    found = plan(machines(owners=["shop_staging"]), owners, drop=["shop_staging"])
    assert (found["problems"], found["drop"], found["roles"]) == ([], [], ["shop_staging"])


def test_a_second_run_makes_no_backup_where_nothing_goes():
    gone = ["expectations", "probes", "routes", "stack", "pools", "timers"]
    assert plan(machines(gone))["backup"] == []
    assert plan(machines(gone), drop=["shop_staging"])["backup"] == ["shop_staging"]


@pytest.mark.parametrize("left", ["expectations", "probes", "routes", "stack", "pools", "timers"])
def test_a_run_that_was_killed_makes_one_again_while_anything_is_left(left):
    gone = {"expectations", "probes", "routes", "stack", "pools", "timers"} - {left}
    assert plan(machines(gone))["backup"] == ["shop_staging"]


def test_it_is_finished_when_every_word_was_given():
    assert plan(drop=["shop_staging"], volumes="staging", backup_key="staging")["finished"]
    assert not plan(drop=["shop_staging"], volumes="staging")["finished"]
    assert not plan(drop=["shop_staging"], backup_key="staging")["finished"]


def test_where_nothing_is_left_it_says_so_and_asks_for_nothing():
    nothing = {"app01": {"traces": [], "databases": {}, "owners": {}, "members": []}}
    found = plan(nothing, drop=["shop_staging"], owners={"postgres": "postgres"})
    assert (found["problems"], found["lines"]) == ([], ["nothing: app01 have nothing of staging"])
    assert (found["backup"], found["drop"], found["logins"], found["roles"]) == ([], [], [], [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"environment": ""}, "expected the name of an environment: -e remove_environment=<environment>"),
        ({"environment": "../production"}, "expected the name of an environment"),
        ({"environment": "Staging"}, "expected the name of an environment"),
        ({"environment": "machine"}, "remove_environment is machine, which the machines have for themselves"),
        ({"environment": "traefik"}, "remove_environment is traefik, which the machines have for themselves"),
        ({"unlisted": "yes"}, "remove_unlisted is yes, expected staging"),
        ({"owned": False}, "belong to another inventory"),
        ({"limited": True}, "found --limit, expected none"),
        ({"environment": "production"}, "it is this inventory's own environment"),
        (
            {"named": ["production", "staging"]},
            "gone from docker_host_environments and pgbouncer_environments",
        ),
        (
            {"drop": ["shop_production"]},
            "remove_database names shop_production, which an environment of this inventory has",
        ),
        ({"drop": ["postgres"]}, "remove_database names postgres, expected one of staging: shop_staging"),
        ({"drop": ["staging"]}, "remove_database names staging, expected one of staging: shop_staging"),
        ({"volumes": "true"}, "remove_volumes is true, expected staging"),
        ({"backup_key": "production"}, "remove_backup_key is production, expected staging"),
        ({"without_backup": "yes"}, "remove_without_backup is yes, expected staging"),
        ({"named_databases": ["shop_production", "shop_staging"]}, "is one of another environment in this inventory"),
    ],
)
def test_refused(given, said):
    assert any(said in problem for problem in plan(**given)["problems"]), plan(**given)["problems"]


def test_a_database_is_not_dropped_without_a_backup_unless_so_told():
    without = machines(["backups", "timers"])
    assert "without a last backup" in plan(without, drop=["shop_staging"])["problems"][0]
    assert plan(without, drop=["shop_staging"], without_backup="staging")["problems"] == []
    assert plan(without)["problems"] == []


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("s3_backups", "db01 has /backups, but is not in the group s3_backups"),
        ("docker_hosts", "app01 has /stack, but is not in the group docker_hosts"),
        ("pgbouncers", "db01 has /pools, but is not in the group pgbouncers"),
    ],
)
@pytest.mark.parametrize("machine", [[], ["web01"]])
def test_what_no_step_would_reach_is_refused(group, said, machine):
    groups = {**request()["groups"], group: machine}
    problems = plan(groups=groups, drop=["shop_staging"])["problems"]
    assert any(said in problem for problem in problems), problems
    del groups[group]
    assert any(said in problem for problem in plan(groups=groups)["problems"])


def test_one_that_may_be_a_live_one_of_an_inventory_without_stack_or_pools_needs_a_word():
    live = machines(["routes", "stack", "pools"])
    (problem,) = plan(live)["problems"]
    assert "it may be that of an inventory that has none" in problem and "-e remove_unlisted=staging" in problem
    assert plan(live, unlisted="staging")["problems"] == []


@pytest.mark.parametrize("kind", ["stack", "routes", "pools", "removal"])
def test_one_that_the_common_lists_would_name_needs_no_word(kind):
    left = machines(kinds={"app01": [], "db01": ["timers", kind]})
    groups = {group: ["db01"] for group in ("docker_hosts", "pgbouncers", "s3_backups")}
    assert plan(left, groups=groups)["problems"] == []
