# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary is whoever takes writes; when that cannot be known, nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.topology import decide
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.versions import SUPPORTED

NAMES = ("pg-main", "pg-replica1", "pg-replica2")
MEMBERS = [
    {
        "name": name,
        "machine": "db01",
        "version": 15,
        "cluster": name.replace("-", "_"),
        "data_directory": f"/var/lib/postgresql/15/{name}",
        "initial_role": "primary" if name == "pg-main" else "standby",
    }
    for name in NAMES
]


def answer(state, role=None, **more):
    has_data = state in ("running", "stopped")
    result = {
        "state": state,
        "role": role,
        "data_present": has_data,
        "marker": "7" if has_data else None,
        "version": 15 if has_data else None,
        "system_identifier": "7" if has_data else None,
        "timeline": 1 if has_data else None,
        "lsn": "0/3000000" if has_data else None,
        "replay_lsn": None,
        "auto_conf": [],
        "configuration_errors": [],
        "detail": None,
    }
    result.update(more)
    return result


PRIMARY = answer("running", "primary")
STANDBY = answer("running", "standby")
EMPTY = answer("no_data")


def topology(main, replica1, replica2, **options):
    answers = dict(zip(NAMES, (main, replica1, replica2)))
    return decide(MEMBERS, {name: value for name, value in answers.items() if value}, **options)


def test_the_first_run_follows_the_inventory():
    result = topology(EMPTY, EMPTY, EMPTY)
    assert (result["primary"], result["first_run"], result["errors"]) == ("pg-main", True, [])
    assert result["absent"] == ["pg-replica1", "pg-replica2"]


def test_the_first_run_follows_the_groups_and_not_the_order():
    result = decide(MEMBERS[::-1], dict.fromkeys(NAMES, EMPTY))
    assert (result["primary"], result["absent"]) == ("pg-main", ["pg-replica2", "pg-replica1"])


def test_after_a_failover_the_cluster_names_its_primary():
    result = topology(STANDBY, PRIMARY, STANDBY)
    assert result["primary"] == "pg-replica1"
    assert result["standbys"] == ["pg-main", "pg-replica2"]


def test_a_member_without_data_is_cloned_from_the_running_primary():
    assert topology(PRIMARY, EMPTY, STANDBY)["absent"] == ["pg-replica1"]


def test_the_cluster_is_known_by_whoever_has_its_data():
    assert topology(EMPTY, PRIMARY, STANDBY)["system_identifier"] == "7"


def test_an_interrupted_base_backup_is_not_a_member():
    result = topology(PRIMARY, answer("incomplete", detail="an interrupted copy"), STANDBY)
    assert (result["errors"], result["absent"]) == ([], ["pg-replica1"])


def test_files_that_are_no_data_directory_stop_the_run():
    result = topology(PRIMARY, answer("incomplete", data_present=True, detail="no PG_VERSION"), STANDBY)
    assert "pg-replica1" in result["errors"][0] and "no PG_VERSION" in result["errors"][0]


def test_a_missing_data_directory_beside_members_with_data_is_never_initialised():
    result = topology(answer("no_data", marker="7"), STANDBY, STANDBY)
    assert result["primary"] is None
    assert "unmounted disk" in result["errors"][0]


def test_a_missing_data_directory_of_a_former_member_needs_permission():
    lost = answer("no_data", marker="7")
    assert "postgres_rebuild" in topology(PRIMARY, lost, STANDBY)["errors"][0]
    assert topology(PRIMARY, lost, STANDBY, rebuild=["pg-replica1"])["absent"] == ["pg-replica1"]


def test_a_place_that_cannot_be_filled_stops_the_run_with_one_message():
    result = topology(PRIMARY, answer("no_data", marker="7", detail="is a mount point, expected"), STANDBY)
    assert ["is a mount point, expected" in error for error in result["errors"]] == [True]
    assert topology(*[answer("no_data", detail="is a mount point")] * 3)["errors"]


def test_permission_to_rebuild_never_initialises_a_cluster_that_existed():
    lost = answer("no_data", marker="7")
    result = topology(lost, lost, lost, rebuild=list(NAMES))
    assert result["primary"] is None and not result["first_run"]
    assert "backups" in result["errors"][0]


def of_version(version, *answers):
    members = [{**member, "version": version} for member in MEMBERS]
    return decide(members, dict(zip(NAMES, answers)))


def test_a_release_without_fixes_is_not_begun_with_but_taken_where_it_runs():
    assert "postgres_version is 13, which gets no fixes any more" in of_version(13, EMPTY, EMPTY, EMPTY)["errors"][0]
    primary, standby = ({**each, "version": 13} for each in (PRIMARY, STANDBY))
    runs = of_version(13, primary, standby, EMPTY)
    assert (runs["primary"], runs["errors"]) == ("pg-main", [])
    assert "PostgreSQL 13 gets no fixes any more" in runs["warnings"][0]


@pytest.mark.parametrize("version", SUPPORTED)
def test_a_release_with_fixes_is_begun_with(version):
    begun = of_version(version, EMPTY, EMPTY, EMPTY)
    assert (begun["first_run"], begun["errors"], begun["warnings"]) == (True, [], [])


def test_two_writable_primaries_stop_the_run():
    result = topology(PRIMARY, answer("running", "primary", timeline=2), STANDBY)
    assert result["primary"] is None
    assert "2 members take writes" in result["errors"][0] and "timeline 2" in result["errors"][0]


def test_a_stopped_primary_without_a_newer_one_is_no_matter_of_a_rejoin():
    assert topology(answer("stopped", "primary"), STANDBY, STANDBY)["warnings"] == []


def test_no_primary_stops_the_run():
    result = topology(answer("stopped", "primary"), STANDBY, STANDBY)
    assert "no member takes writes" in result["errors"][0]
    assert "systemctl start postgresql@15-pg_main on db01" in result["errors"][0]


@pytest.mark.parametrize("main", [answer("stopped", "primary"), None], ids=["stopped", "silent"])
def test_without_a_primary_a_failover_that_was_begun_is_told(main):
    """The start guard keeps the old primary stopped then, so starting it is no advice."""
    error = topology(main, answer("running", "standby", detached_from="pg-main"), STANDBY)["errors"][0]
    assert (
        "A failover detached pg-replica1 and was not finished" in error and "run the failover playbook again" in error
    )
    assert "systemctl start" not in error and "Bring it back" not in error


def test_without_a_primary_each_detached_member_is_told_with_whom_it_followed():
    error = topology(answer("stopped", "primary"), answer("running", "standby", detached_from="pg-main"), STANDBY)[
        "errors"
    ][0]
    assert "pg-replica1 (running standby, detached from pg-main, timeline 1" in error
    assert "pg-replica2 (running standby, timeline 1" in error


def test_replicas_alone_have_no_primary():
    assert "failover" in topology(EMPTY, STANDBY, STANDBY)["errors"][0]


def test_an_initialisation_interrupted_before_the_first_start_goes_on():
    result = topology(answer("stopped", "primary", marker=None), EMPTY, EMPTY)
    assert (result["primary"], result["errors"]) == ("pg-main", [])


def test_an_interrupted_initialisation_is_no_source_to_rebuild_members_from():
    lost = answer("no_data", marker="7")
    result = topology(answer("stopped", "primary", marker=None), lost, EMPTY, rebuild=["pg-replica1"])
    assert result["primary"] is None
    assert "no member takes writes" in result["errors"][0]


def test_an_unreachable_member_stops_the_run_only_while_no_primary_is_known():
    assert "cannot be asked" in topology(None, STANDBY, STANDBY)["errors"][0]
    known = topology(PRIMARY, None, STANDBY)
    assert (known["errors"], known["aside"]) == ([], ["pg-replica1"])
    assert any("pg-replica1" in warning for warning in known["warnings"])


def test_where_nobody_can_log_in_ssh_has_the_first_word():
    """On a first run with a wrong key there is no primary that is gone: nobody is told to fail over."""
    told = "Failed to connect to the host via ssh: root@192.0.2.10: Permission denied (publickey)"
    (error,) = topology(None, None, None, unreachable={"db01": f"Task failed: {told}."})["errors"]
    assert error.startswith(f"no machine with members can be reached: db01: {told}") and "failover" not in error
    members = [dict(member, machine=machine) for member, machine in zip(MEMBERS, ("db01", "db02"))]
    # A member that gives no answer is one on whose machine somebody got in.
    for found in (STANDBY, answer("unresponsive", detail="timeout")):
        (error,) = decide(members, {"pg-replica1": found}, unreachable={"db01": f"Task failed: {told}."})["errors"]
        assert "failover" in error and told in error and "ansible_host" not in error


def test_an_unresponsive_member_may_be_the_primary():
    assert "cannot be asked" in topology(answer("unresponsive", detail="timeout"), STANDBY, STANDBY)["errors"][0]


def test_an_unreachable_member_on_a_first_run_is_not_guessed_empty():
    assert topology(None, EMPTY, EMPTY)["primary"] is None


def test_a_stopped_former_primary_is_left_alone():
    result = topology(answer("stopped", "primary"), answer("running", "primary", timeline=2), STANDBY)
    assert (result["primary"], result["aside"]) == ("pg-replica1", ["pg-main"])
    assert any("rejoin" in warning for warning in result["warnings"])


def test_an_old_primary_that_writes_beside_a_newer_timeline_stops_the_run():
    result = topology(PRIMARY, answer("stopped", "standby", timeline=2), STANDBY)
    assert "a newer primary existed" in result["errors"][0]


def test_another_system_identifier_stops_the_run():
    other = answer("running", "standby", system_identifier="8", marker=None)
    assert "pg-replica1 has system identifier 8" in topology(PRIMARY, other, STANDBY)["errors"][0]


def test_another_disk_than_at_the_beginning_stops_the_run():
    result = topology(*[dict(value, marker="9") for value in (PRIMARY, STANDBY, STANDBY)])
    assert "right disk" in result["errors"][0]


def test_a_major_release_other_than_the_inventory_says_stops_the_run():
    assert "holds PostgreSQL 14" in topology(dict(PRIMARY, version=14), STANDBY, STANDBY)["errors"][0]


def test_overrides_by_alter_system_are_reported():
    assert "work_mem" in " ".join(topology(dict(PRIMARY, auto_conf=["work_mem"]), STANDBY, STANDBY)["warnings"])


def test_errors_in_a_configuration_are_reported():
    wrong = dict(STANDBY, configuration_errors=["postgresql.conf:3: work_mem: invalid value"])
    assert topology(PRIMARY, wrong, STANDBY)["warnings"] == [
        "pg-replica1: its configuration has errors: postgresql.conf:3: work_mem: invalid value"
    ]


states = st.one_of(
    st.none(),
    st.builds(
        answer,
        st.sampled_from(["no_data", "incomplete", "stopped", "running", "unresponsive"]),
        st.sampled_from(["primary", "standby"]),
        timeline=st.integers(1, 3),
        marker=st.sampled_from([None, "7"]),
    ),
)


@given(states, states, states, st.lists(st.sampled_from(NAMES), unique=True))
def test_no_history_leads_to_a_second_primary_or_to_lost_data(main, replica1, replica2, rebuild):
    result = topology(main, replica1, replica2, rebuild=rebuild)
    answers = dict(zip(NAMES, (main, replica1, replica2)))
    running = [
        name for name, value in answers.items() if value and value["state"] == "running" and value["role"] == "primary"
    ]
    assert (result["primary"] is None) == bool(result["errors"])
    if result["primary"] and running:
        assert running == [result["primary"]]
    if result["first_run"]:
        assert all(
            value and value["state"] in ("no_data", "incomplete") and not value["marker"] for value in answers.values()
        )
    for name in result["absent"]:
        assert answers[name]["state"] in ("no_data", "incomplete")


class TestDiverged:
    """A member that holds what the primary's timeline does not have would confirm commits that it does not have."""

    PRIMARY = answer("running", "primary", timeline=2, history=[{"timeline": 1, "lsn": "0/3000000"}], synchronous=[])

    def test_one_past_the_fork_is_left_as_it_is(self):
        result = topology(self.PRIMARY, answer("running", "standby", replay_lsn="0/3000001"), STANDBY)
        assert result["roles"]["pg-replica1"] == "aside"
        assert result["following"]["pg-replica1"]["verdict"] == "diverged"
        assert any(
            "pg-replica1 is diverged from pg-main: it has 1 bytes of timeline 1" in line for line in result["warnings"]
        )

    def test_one_that_is_not_past_it_is_a_standby(self):
        result = topology(self.PRIMARY, answer("running", "standby", replay_lsn="0/3000000"), STANDBY)
        assert result["standbys"] == ["pg-replica1", "pg-replica2"]

    def test_a_stopped_one_on_an_older_timeline_is_not_started(self):
        result = topology(self.PRIMARY, answer("stopped", "standby", replay_lsn="0/2000000"), STANDBY)
        assert result["aside"] == ["pg-replica1"]
        assert any("pg-replica1 may be diverged from pg-main: it is stopped" in line for line in result["warnings"])

    def test_a_stopped_one_on_the_same_timeline_is(self):
        result = topology(self.PRIMARY, answer("stopped", "standby", timeline=2), STANDBY)
        assert result["standbys"] == ["pg-replica1", "pg-replica2"]
