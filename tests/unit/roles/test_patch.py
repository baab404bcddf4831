# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook does what its plan says, in that order, and stops at the first machine that is not well."""

from __future__ import annotations

import pytest
from support.helpers.patch_world import Patch


@pytest.fixture
def patch(tmp_path):
    return Patch(tmp_path)


POSTGRES = {"name": "postgresql-15", "installed": "15.14", "candidate": "15.15"}
DOCKER = {"name": "docker-compose", "installed": "2.26", "candidate": "2.27"}


def test_it_stops_where_something_is_not_well_and_the_next_run_goes_on(patch):
    """Standbys, the primary by a switchover, the pooler, the application."""
    patch.world["machines"]["db01"]["updates"] = [POSTGRES]
    patch.world["machines"]["app01"]["updates"] = [DOCKER]
    patch.world["breaks"] = "pg-replica1"
    code, said, did = patch.run()
    assert code != 0 and did == ["upgraded db01", "ends the silences of db01"], said
    said = said.split("pg-replica1 does not start Stopped at db01. Left to do: ")[1]
    assert "db01: pg-replica1 restarts, as standby" in said and "pg-main, the primary, hands its role" in said
    assert "app01: docker-compose 2.26 → 2.27" in said

    patch.world["breaks"] = None
    patch.world["dead"] = "pgbouncer.service"
    code, said, did = patch.run("--extra-vars=patch_health_timeout=1")
    assert did == ["restart pg-replica1", "switchover pg-replica1", "pgbouncer", "ends the silences of db01"], said
    assert code != 0 and "db01 is not well after 1 s: pgbouncer.service is failed" in said and "Stopped at db01" in said

    del patch.world["dead"]
    code, said, did = patch.run()
    assert (code, did) == (0, ["upgraded app01"]), said
    assert "- pg-replica1 is the primary - nothing to do" in said


def test_check_mode_prints_the_plan_and_a_run_without_work_changes_nothing(patch):
    patch.world["machines"]["app01"]["updates"] = [DOCKER]
    patch.world["away"] = "pg-replica1"
    code, said, did = patch.run("--check")
    assert did == [] and "app01: docker-compose 2.26 → 2.27" in said and "changed=1" in said, said
    assert code != 0 and "pg-replica1 does not follow pg-main" in said
    del patch.world["away"]
    patch.world["machines"]["app01"]["updates"] = []
    patch.world["machines"]["db01"]["reboot"] = ["kernel"]
    patch.program("docker", "#!/bin/sh\necho false\n")
    patch.world["machines"]["app01"]["updates"] = [{**DOCKER, "name": "docker.io"}]
    code, said, did = patch.run()
    assert code != 0 and did == [] and "Docker on app01 would have to restart, and runs without live-restore" in said
    patch.world["machines"]["app01"]["updates"] = []
    code, said, did = patch.run()
    assert (code, did) == (0, []) and "nothing to do" in said and "To allow it: -e patch_outage=db01" in said, said
    assert "changed=0" in said and "changed=1" not in said


def test_a_reboot_that_only_the_upgrade_brought_comes_after_the_role_has_moved(patch):
    """A library came along with another package. The connection is local, on which Ansible refuses to reboot."""
    patch.second_machine()
    patch.world.update(asynchronous=True, brings=["libc6"])
    patch.hosts["all"]["children"]["pgbouncers"]["hosts"]["app01"] = {}
    patch.world["machines"]["db01"]["updates"] = [{**POSTGRES, "name": "postgresql-common"}]
    code, said, did = patch.run("--extra-vars=patch_machines=db01")
    assert did == ["upgraded db01", "switchover pg-replica1", "pauses pgbouncer", "ends the silences of db01"], said
    assert code != 0 and "reboot the control node" in said


def test_what_keeps_the_pooler_from_restarting_or_rebooting_is_met_before_anything_is_done(patch):
    patch.world["sessions"] = True
    patch.world["machines"]["db01"].update(updates=[POSTGRES], outdated=["pgbouncer"])
    code, said, did = patch.run()
    assert code != 0 and did == [] and "clients of session pools would lose their sessions" in said, said


def test_a_machine_that_is_gone_in_its_turn_is_told_and_leaves_no_silences(patch):
    patch.world["goes"] = "db01"
    patch.world["machines"]["db01"]["updates"] = [POSTGRES]
    code, said, did = patch.run()
    assert code != 0 and did == ["ends the silences of db01"], said
    assert "db01 does not answer any more: " in said and "no route to host" in said, said[-2500:]
    assert "Stopped at db01. Left to do: db01: postgresql-15 15.14 → 15.15" in said and "Give the locks back" in said
