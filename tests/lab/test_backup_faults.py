# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong: one clear message, the metric says so, nothing looks like a backup, and the next run is good."""

from __future__ import annotations

import json

import pytest
from support.helpers.backup import assert_failed, backups, restorable
from support.helpers.lab import wait_for


def test_pg_dump_is_killed(environment, before):
    with environment.held_run() as finish:
        assert environment.look()["uploads"]
        environment.machine.check_output(f"{environment.signal_dump} -KILL")
        code, words = finish()
    assert_failed(environment, code, words, "backup_faults: pg_dump was ended by SIGKILL", before)


def test_the_command_is_killed_and_the_next_run_clears_what_it_left(environment, before):
    with environment.held_run() as finish:
        environment.machine.check_output(
            f"pkill -KILL -u {environment.users['run']} -f 's3_backup run {environment.name}'"
        )
        code, _words = finish()
    assert code == 137
    assert environment.look()["uploads"]
    assert environment.command("failed", "--job=run").rc == 0
    assert environment.metric("s3_backup_job_success") == 0
    assert backups(environment) == before


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("bucket", "no-such-bucket", "the bucket no-such-bucket does not exist"),
        ("encryption", {"method": "age", "recipients": ["age1nobody"]}, "age failed with exit code 1"),
        ("databases", ["not_there"], 'database "not_there" does not exist'),
    ],
)
def test_the_configuration_names_what_is_not_there(environment, before, name, change, message):
    environment.configure(**{name: change})
    done = environment.command("run")
    assert (done.rc, environment.metric("s3_backup_job_success")) == (1, 0)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    environment.configure()
    assert environment.look()["uploads"] == []
    assert backups(environment) == before


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (True, "does not know the access key"),
        (False, "cannot be read"),
    ],
    ids=["unknown key", "no file"],
)
def test_the_credential_is_wrong(environment, before, there, message):
    path = f"{environment.directory}/run/wrong.json"
    if there:
        text = '{"access_key": "nobody", "secret_key": "wrong"}'
        environment.machine.check_output(
            f"echo '{text}' > {path}; chown {environment.users['run']} {path}; chmod 0400 {path}"
        )
    else:
        environment.machine.check_output(f"rm -f {path}")
    environment.configure(credentials__writer=path)
    done = environment.command("run")
    assert done.rc in (1, 2)
    assert message in done.stderr
    assert environment.metric("s3_backup_job_success") == 0
    assert backups(environment) == before


def test_the_credential_may_not_write(environment, before, store):
    with environment.writes_denied(store):
        done = environment.command("run")
        assert_failed(environment, done.rc, done.stderr, "AccessDenied: the credential may not do this", before)


def test_a_disk_without_room_refuses_the_drill_before_it_begins(environment, before):
    # Its dumps are loaded behind production's socket.
    scratch = "/var/lib/plannerate-backup/drill-production"
    environment.machine.check_output(
        f"mount -t tmpfs -o size=60m,mode=0700,uid=$(id -u drill-production) tmpfs {scratch}"
    )
    try:
        done = environment.command("drill")
        assert done.rc == 3
        assert "Nothing was begun: make room for" in done.stderr
        assert environment.metric("s3_backup_job_success", "drill") == 0
        state = "systemctl show --property=ActiveState --value plannerate-drill@production.service"
        wait_for(lambda: environment.machine.check_output(state) == "inactive", what="the end of what loads")
    finally:
        environment.machine.check_output(f"umount {scratch}")
    # Nobody knows anything bad about the backup itself.
    assert "damaged" not in environment.look()["states"].values()


def test_the_clock_is_a_day_off(environment, before):
    if not environment.machine.exists("faketime"):
        environment.machine.check_output("apt-get -q update && apt-get -qy install --no-install-recommends faketime")
    done = environment.command("run", before="faketime -f +1d")
    assert_failed(environment, done.rc, done.stderr, "clock", before)
    done = environment.command("rotate", before="faketime -f +1d")
    assert done.rc == 1
    assert "clock" in done.stderr


def test_a_second_run_at_the_same_time_is_refused(environment):
    with environment.held_run() as finish:
        second = environment.command("run")
        assert second.rc == 75
        assert "is running already" in second.stderr
        code, words = finish()
    assert code == 0, words


def test_a_flipped_bit_is_found_by_verify_and_by_the_drill(environment):
    environment.back_up()
    newest = max(backups(environment))
    key = next(key for key in environment.look()["objects"] if f"/{newest}/database.dump" in key)
    environment.flip(key)
    drilled = environment.command("drill", f"--backup={newest}")
    assert drilled.rc == 4
    assert f"{key} is damaged" in drilled.stderr
    assert environment.metric("s3_backup_job_success", "drill") == 0
    assert environment.look()["states"][newest] == "damaged"
    verified = environment.command("verify", f"--backup={newest}")
    assert verified.rc == 4
    assert f"{key} is damaged" in verified.stderr
    # The newest good one is meant from now on.
    assert environment.command("drill").rc == 0
    assert environment.look()["states"][newest] == "damaged"
    assert "verified" in environment.look()["states"].values()


def test_a_manifest_with_a_flipped_bit_is_found_and_stops_rotation(environment):
    environment.back_up()
    newest = max(backups(environment))
    key = next(key for key in environment.look()["objects"] if key.endswith(f"/{newest}/manifest.json"))
    environment.flip(key)
    verified = environment.command("verify", f"--backup={newest}")
    assert verified.rc == 4
    assert f"{key} cannot be read" in verified.stderr
    rotated = environment.command("rotate")
    assert rotated.rc == 3
    assert f"nothing was deleted: {key} cannot be read" in rotated.stderr
    environment.flip(key)
    assert environment.command("verify", f"--backup={newest}").rc == 0


# Every backup of these tests is younger than an hour: one day's newest and the newest verified stay.
STRICT = {"daily": 1, "verified": 1, "minimum_age_hours": 0, "orphan_grace_hours": 48}


@pytest.fixture
def one_too_many(environment):
    """More backups than STRICT keeps: the newest of the day and the newest verified one."""
    while len(restorable(environment)) < 3:
        environment.back_up()


def rotated(environment, *options):
    done = environment.command("rotate", "--json", *options)
    return done.rc, json.loads(done.stdout)


def without_index(look):
    """The lab's writer may put what the rotation notes."""
    return {**look, "objects": [key for key in look["objects"] if not key.endswith("/index.json")]}


@pytest.mark.usefixtures("one_too_many")
def test_a_credential_that_may_not_delete_fails_the_rotation_and_hurts_nothing(environment):
    path = f"{environment.directory}/rotate/writer.json"
    writer = environment.settings["credentials"]["writer"]
    environment.machine.check_output(f"install -m 0400 -o {environment.users['rotate']} {writer} {path}")
    before = without_index(environment.look())
    with environment.changed(retention=STRICT, credentials__rotator=path):
        code, answer = rotated(environment)
    assert code == 1, answer
    assert "objects were not deleted" in answer["message"] or "AccessDenied" in answer["message"]
    assert "manifest.json" in answer["message"]
    assert without_index(environment.look()) == before
    assert environment.metric("s3_backup_job_success", "rotate") == 0


@pytest.mark.usefixtures("one_too_many")
def test_rotation_does_what_it_showed(environment):
    before = environment.look()["states"]
    with environment.changed(retention=STRICT):
        code, shown = rotated(environment, "--check")
        assert (code, environment.look()["states"]) == (0, before)
        code, done = rotated(environment)
        assert code == 0
        assert done == shown
        left = environment.look()
        assert set(left["states"]) == {one["id"] for one in done["kept"]}
        assert {one["id"] for one in done["deleted"]} == set(before) - set(left["states"])
        assert done["deleted"]
        assert all(key.count("/") < 4 or key.split("/")[3] in left["states"] for key in left["objects"])
        again = rotated(environment)
    assert (again[0], again[1]["changed"]) == (0, False)
    assert {"verified", "good"} & set(left["states"].values())
    assert environment.metric("s3_backup_deleted", "rotate") == 0
    assert environment.metric("s3_backup_job_success", "rotate") == 1
