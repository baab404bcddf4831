# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Physical backups are off unless they are asked for, and then every member has what it needs, and no other member's."""

from __future__ import annotations

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

MEMBERS = [
    {"name": "pg-main", "machine": "db01", "port": 5432, "data_directory": "/var/lib/postgresql/15/main"},
    {"name": "pg-replica1", "machine": "db01", "port": 5433, "data_directory": "/var/lib/postgresql/15/replica1"},
]
ON = {
    "role_path": str(ROOT / "roles" / "s3_backup"),
    "s3_backup_physical": True,
    "s3_backup_bucket": "backups",
    "s3_backup_endpoint": "https://store.test:8334",
    "s3_backup_ca_certificate": "the authority",
    "s3_backup_physical_access_key": "archiver",
    "s3_backup_physical_secret_key": "archiver-secret",
    "postgres_local_members": MEMBERS,
    "postgres_socket_directory": "/var/run/postgresql",
    "postgres_version": 15,
    "machine_credentials": {"secrets": {"S3_BACKUP_PHYSICAL_PASSPHRASE": "the passphrase"}},
    "__s3_backup_physical_probe": {"stdout": "pgBackRest 2.45", "stdout_lines": ["pgBackRest 2.45"]},
    "__s3_backup_physical_set": {"pending": []},
}
OFF = {"s3_backup_physical": False}


def test_off_asks_for_no_passphrase_and_a_machine_that_is_not_ours_neither(tmp_path):
    names = "s3_backup_wanted_secrets | list"
    off, on, theirs = values_of_role(
        tmp_path, "s3_backup", (names, OFF), (names, ON), (names, {**ON, "machine_owned": False})
    )
    assert off == theirs == ["BACKUP_PRODUCTION_PASSWORD", "BACKUP_PRODUCTION_SEAL"]
    assert on == [*off, "S3_BACKUP_PHYSICAL_PASSPHRASE"]


# A member that archives for nobody, or by itself; and one that archives because it was told to by us.
OTHER = {"postgres_answer": {"archive_is_ours": False}}
OWN = {"postgres_answer": {"archive_is_ours": True}}


def test_off_only_what_we_turned_on_is_turned_off_and_on_each_has_its_own_file(tmp_path):
    asked = "_postgres_archive_settings"
    off, other, stopped, on, named = values_of_role(
        tmp_path,
        "postgres",
        (asked, OWN),
        (asked, OTHER),
        (asked, {"postgres_answer": {"archive_is_ours": None}}),
        (asked, {**OTHER, "s3_backup_physical": True}),
        (f"{asked}.archive_command", {**OTHER, "s3_backup_physical": True, "s3_backup_physical_stanza": "shop"}),
    )
    assert (off, other, stopped) == ({"archive_mode": "off"}, {}, {})
    assert sorted(on) == ["archive_command", "archive_mode", "archive_timeout"]
    assert "/etc/pgbackrest/members/localhost.conf" in on["archive_command"]
    assert "--stanza=shop" in named


def test_a_primary_that_has_not_restarted_yet_is_still_told_how_to_archive(tmp_path):
    """With archive_mode and without a command, PostgreSQL keeps all of its WAL."""
    waiting = {"_postgres_holds_back": True, "postgres_waiting_settings": {"archive_mode": "on"}}
    held = {**OWN, **waiting}
    wanted = {"_postgres_settings": {"wanted": {"archive_mode": "off", "port": 5432}}}
    own = {"_postgres_settings": {"wanted": {"archive_mode": "always", "archive_command": "theirs"}}}
    turned_on = {"postgres_waiting_settings": {"archive_mode": "off"}}
    asked = "_postgres_effective_settings"
    waits, given, theirs, not_yet, not_ours = values_of_role(
        tmp_path,
        "postgres",
        (asked, {**held, **wanted}),
        (asked, {**held, **wanted, "_postgres_holds_back": False}),
        (asked, {**held, **own}),
        (asked, {**held, **wanted, **turned_on}),
        # postgres_settings turns off what somebody else turned on.
        (asked, {**OTHER, **waiting, **wanted}),
    )
    assert (waits["archive_mode"], waits["port"]) == ("on", 5432)
    assert "/etc/pgbackrest/members/localhost.conf" in waits["archive_command"]
    assert given == {"archive_mode": "off", "port": 5432}
    assert theirs == {"archive_mode": "on", "archive_command": "theirs"}
    assert not_yet == given
    assert not_ours == {"archive_mode": "on", "port": 5432}


def left(*lines, **more):
    return {**ON, "s3_backup_physical_retired": "", "__s3_backup_physical_left": {"stdout_lines": list(lines)}, **more}


BOTH = ("machine", "file pg-main", "file pg-replica1")


@pytest.mark.parametrize(
    ("machine", "gone", "ends"),
    [
        (left(), [], False),
        (left(*BOTH), [], False),
        (left(*BOTH, **OFF), ["pg-main", "pg-replica1"], True),
        # The primary has not restarted yet.
        (left(*BOTH, "archives pg-main", **OFF), ["pg-replica1"], False),
        # One that was taken out of the inventory runs until it is removed.
        (left(*BOTH, "file pg-old", "archives pg-old"), [], False),
        (left(*BOTH, "file pg-old", "archives pg-old", s3_backup_physical_retired="pg-old"), ["pg-old"], False),
        # It was the machine's last one.
        (
            left(
                "machine",
                "file pg-old",
                "archives pg-old",
                postgres_local_members=[],
                s3_backup_physical_retired="pg-old",
            ),
            ["pg-old"],
            True,
        ),
    ],
)
def test_what_nobody_archives_with_goes(tmp_path, machine, gone, ends):
    found, over, queues, files = values_of_role(
        tmp_path,
        "s3_backup",
        ("_s3_backup_physical_gone", machine),
        ("_s3_backup_physical_ends", machine),
        ("_s3_backup_physical_left_behind", machine),
        ("_s3_backup_physical_leaving", machine),
    )
    assert (found, over) == (gone, ends)
    paths = {one["path"] for one in files}
    assert {f"/etc/pgbackrest/members/{name}.conf" for name in gone} <= paths
    assert {f"/var/spool/pgbackrest/{name}" for name in gone} <= set(queues)
    assert len(paths) - len(gone) == (15 if ends else 0)
    # A diff shows what is removed.
    assert all(one["absent"] and one["secret"] for one in files)


def test_what_a_drill_left_goes_with_it(tmp_path):
    (paths,) = values_of_role(tmp_path, "s3_backup", ("_s3_backup_physical_left_behind", left(*BOTH, **OFF)))
    state = "/var/lib/plannerate-physical"
    assert {f"{state}/drill.json", f"{state}/drill.lock", f"{state}/restored/.drill"} <= set(paths)


def test_everything_that_was_written_for_the_machine_goes(tmp_path):
    """But for directories, and the code that the dumps have too."""
    written, leaving = values_of_role(
        tmp_path,
        "s3_backup",
        ("(_s3_backup_physical_fixed_files + _s3_backup_physical_member_files)", left(*BOTH)),
        ("_s3_backup_physical_leaving", left(*BOTH, **OFF)),
    )
    files = {one["path"] for one in written if not one.get("directory")}
    assert files <= {one["path"] for one in leaving}


def test_the_files_of_a_machine(tmp_path):
    files, settings, problems = values_of_role(
        tmp_path,
        "s3_backup",
        ("_s3_backup_physical_files", ON),
        ("_s3_backup_physical_settings", ON),
        ("_s3_backup_physical_problems", ON),
    )
    assert problems == []
    by_path = {one["path"]: one for one in files}
    assert [path for path in by_path if [one["path"] for one in files].count(path) > 1] == []
    for member, other in (MEMBERS, MEMBERS[::-1]):
        file = by_path[f"/etc/pgbackrest/members/{member['name']}.conf"]
        assert (file["owner"], file["mode"], file["secret"]) == ("postgres", "0400", True)
        lines = file["content"].splitlines()
        assert {
            f"pg1-path={member['data_directory']}",
            f"pg2-path={other['data_directory']}",
            "repo1-cipher-pass=the passphrase",
            "repo1-storage-ca-file=/etc/pgbackrest/store-ca.crt",
        } <= set(lines)
        spool = by_path[f"/var/spool/pgbackrest/{member['name']}"]
        assert (spool["directory"], spool["owner"]) == (True, "postgres")
    # Nothing else has a secret, or says one.
    assert [path for path, one in by_path.items() if "passphrase" in str(one.get("content"))] == [
        "/etc/pgbackrest/members/pg-main.conf",
        "/etc/pgbackrest/members/pg-replica1.conf",
    ]
    assert settings["members"] == [{**one, "config": f"/etc/pgbackrest/members/{one['name']}.conf"} for one in MEMBERS]
    assert "/usr/local/lib/plannerate-backup/s3_backup/physical/command_line.py" in by_path


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"s3_backup_physical_secret_key": ""}, "s3_backup_physical_secret_key is empty"),
        ({"postgres_version": 17}, "does not know PostgreSQL 17"),
        (
            {"s3_backup_physical_drill_machine": "db09", "postgres_members": MEMBERS},
            "s3_backup_physical_drill_machine is db09, which has no member, expected one of db01, or nothing",
        ),
    ],
)
def test_what_cannot_work_is_named(tmp_path, changed, words):
    ((problem,),) = values_of_role(tmp_path, "s3_backup", ("_s3_backup_physical_problems", {**ON, **changed}))
    assert words in problem


def test_timers_are_started_where_they_do_not_run_or_are_new(tmp_path):
    names = "_s3_backup_physical_restarts | map(attribute='name') | list"
    jobs = ("@full", "@diff", "-watch", "-drill")
    every_one = [f"plannerate-physical{job}.timer" for job in jobs]
    running = {"__s3_backup_physical_probe": {"stdout": "", "stdout_lines": [f"started {name}" for name in every_one]}}
    new = {**running, "__s3_backup_physical_set": {"pending": ["/etc/systemd/system/plannerate-physical@full.timer"]}}
    first, again, changed = values_of_role(
        tmp_path, "s3_backup", (names, ON), (names, {**ON, **running}), (names, {**ON, **new})
    )
    assert (first, again, changed) == (every_one, [], every_one)


@pytest.mark.parametrize(("named", "machine"), [("", "primary"), ("localhost", "this"), ("db02", "other")])
def test_drills_are_the_primarys_machines_unless_one_is_named(tmp_path, named, machine):
    """The unit may write where the copy is restored to."""
    on = {**ON, "s3_backup_physical_drill_machine": named, "s3_backup_physical_restore_directory": "/srv/restored"}
    settings, files = values_of_role(
        tmp_path, "s3_backup", ("_s3_backup_physical_settings", on), ("_s3_backup_physical_fixed_files", on)
    )
    assert settings["drill"] == {"machine": machine, "verify": True, "budget_seconds": 3600}
    assert settings["schedules"]["drill"] == "Wed *-*-* 04:30:00"
    (unit,) = [one for one in files if one["path"].endswith("/plannerate-physical-drill.service")]
    assert (unit["vars"]["item"]["arguments"], unit["vars"]["item"]["writes"]) == ("drill", "/srv/restored")


def test_without_a_schedule_there_is_no_drill(tmp_path):
    """No timer, and nothing that is told: the jobs know that it is nobody's."""
    on = {**ON, "s3_backup_physical_drill_schedule": ""}
    settings, files, timers, probe, problems = values_of_role(
        tmp_path,
        "s3_backup",
        ("_s3_backup_physical_settings", on),
        ("_s3_backup_physical_fixed_files", on),
        ("_s3_backup_physical_restarts | map(attribute='name') | list", on),
        ("lookup('ansible.builtin.template', 'physical_probe.sh.j2')", on),
        (
            "_s3_backup_physical_problems",
            {**on, "s3_backup_physical_drill_machine": "db01", "postgres_members": MEMBERS},
        ),
    )
    assert settings["drill"]["machine"] == "none"
    written = [one for one in files if one["path"].endswith("/plannerate-physical-drill.timer")]
    assert [one.get("absent") for one in written] == [True]
    assert timers == [f"plannerate-physical{job}.timer" for job in ("@full", "@diff", "-watch")]
    assert "calendar 'Sun *-*-* 01:00:00' 'Mon..Sat *-*-* 01:00:00' >" in probe
    assert problems == []


def test_a_run_that_installs_nothing_knows_the_version(tmp_path):
    """The task that asks after an installation is skipped then, and a task that is skipped registers an answer too."""
    tasks = yaml.safe_load((ROOT / "roles/s3_backup/tasks/physical_files.yml").read_text())
    flat = [task for entry in tasks for task in entry.get("block", [entry])]
    registered = [task["register"] for task in flat if "register" in task]
    assert len(registered) == len(set(registered))
    skipped = {"__s3_backup_physical_installed": {"skipped": True}}
    asked = "_s3_backup_physical_version"
    later, first = values_of_role(
        tmp_path,
        "s3_backup",
        (asked, {**ON, **skipped}),
        (
            asked,
            {
                **ON,
                "__s3_backup_physical_probe": {"stdout": ""},
                "__s3_backup_physical_installed": {"stdout": "pgBackRest 2.55.1"},
            },
        ),
    )
    assert (later, first) == ("2.45", "2.55.1")
