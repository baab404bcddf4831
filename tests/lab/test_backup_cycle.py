# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup, rotation, drill and restore of the production database, by the timers' units and by playbook; secrets stay secret."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import DATABASE, INVENTORIES, PORTS, leave_pending, playbook, started_at, wait_for

RESTORED = f"{DATABASE}_restored_by_test"
METRICS = "/var/lib/prometheus/node-exporter/s3_backup_production_{}.prom"


@pytest.fixture(scope="module")
def content(admin_sql):
    """Tables of several kinds, with nothing that could change while a test looks."""
    admin_sql(
        "SET synchronous_commit = local; DROP SCHEMA IF EXISTS cycle CASCADE;"
        # What is an administrator's is not restored.
        "SELECT set_config('role', pg_get_userbyid(datdba), false) FROM pg_database WHERE datname = current_database();"
        "CREATE SCHEMA cycle;"
        "CREATE TABLE cycle.numbers AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 20000) g;"
        "CREATE TABLE cycle.documents (id int PRIMARY KEY, body jsonb, data bytea);"
        "INSERT INTO cycle.documents SELECT g, jsonb_build_object('n', g), decode(md5(g::text), 'hex') "
        "FROM generate_series(1, 500) g; CREATE TABLE cycle.empty (id int)",
        database=DATABASE,
    )
    yield
    admin_sql(f'DROP DATABASE IF EXISTS "{RESTORED}" WITH (FORCE)')
    admin_sql("SET synchronous_commit = local; DROP SCHEMA cycle CASCADE", database=DATABASE)


@pytest.fixture
def checksums(admin_sql):
    """A function that gives rows and checksum of every table of a database."""

    def ask(database):
        tables = admin_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'cycle' ORDER BY 1", database=database)
        return {
            table: admin_sql(
                f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM cycle.{table} t",
                database=database,
            )
            for table in tables.split()
        }

    return ask


def listed(db01):
    return json.loads(db01.check_output("plannerate-backup list production --json"))["backups"]


def metric(db01, job, name):
    lines = db01.file(METRICS.format(job)).content_string.splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name}{{")]
    return float(line.split()[-1])


@pytest.mark.usefixtures("content")
def test_the_units_of_the_timers_back_up_rotate_and_prove(db01, admin_sql):
    timers = db01.check_output("systemctl list-timers --no-legend 'plannerate-backup*@production.timer'")
    assert len(timers.splitlines()) == 2
    began = float(db01.check_output("date +%s"))
    db01.check_output("systemctl start plannerate-backup@production.service")
    wait_for(lambda: db01.file(METRICS.format("rotate")).exists, what="the rotation after the backup")
    wait_for(lambda: metric(db01, "rotate", "s3_backup_job_last_success_timestamp_seconds") >= began)
    db01.check_output("systemctl start plannerate-backup-drill@production.service")
    newest = max(listed(db01), key=lambda backup: backup["id"])
    assert newest["state"] == "verified"
    for job in ("run", "rotate", "drill"):
        assert metric(db01, job, "s3_backup_job_success") == 1
        assert metric(db01, job, "s3_backup_job_last_success_timestamp_seconds") >= began
    size = int(admin_sql(f"SELECT pg_database_size('{DATABASE}')"))
    assert 0 < metric(db01, "run", "s3_backup_stored_bytes") < size
    assert metric(db01, "drill", "s3_backup_restore_seconds") > 0


@pytest.mark.parametrize(("job", "unit"), [("dump", ""), ("rotate", "-rotate"), ("drill", "-drill")])
def test_a_job_sees_the_secrets_of_its_own_environment_only(db01, job, unit):
    """By a unit that is the job's own but for what it starts."""
    name = f"plannerate-backup{unit}@production.service"
    neighbour, drop_in = "/etc/plannerate-backup/neighbour", f"/run/systemd/system/{name}.d"
    look = "/usr/bin/find /etc/plannerate-backup /var/lib/plannerate-backup -type f -readable"
    lines = [
        "[Unit]",
        "OnSuccess=",
        "OnFailure=",
        "[Service]",
        "ExecStart=",
        f"ExecStart=-{look}",
        f"StandardOutput=file:/run/{job}",
    ]
    try:
        db01.check_output(f"install -d -o backup-{job} -m 0700 {neighbour}")
        db01.check_output(f"install -o backup-{job} -m 0400 /dev/null {neighbour}/secret")
        db01.check_output(f"mkdir -p {drop_in} && printf '%s\\n' {shlex.join(lines)} > {drop_in}/look.conf")
        db01.check_output(f"systemctl daemon-reload && systemctl start {name}")
        seen = db01.check_output(f"cat /run/{job}").splitlines()
    finally:
        db01.check_output(f"rm -rf {neighbour} {drop_in} /run/{job} && systemctl daemon-reload")
    secrets = {"dump": "writer.json", "rotate": "rotator.json", "drill": "drill.key"}
    assert f"/etc/plannerate-backup/production/{secrets[job]}" in seen
    assert [path for path in seen if path.startswith("/etc") and "/production" not in path] == []


@pytest.mark.usefixtures("content")
def test_the_playbooks_back_up_prove_and_restore(db01, checksums):
    before = {backup["id"] for backup in listed(db01)}
    assert playbook("backup", "--check").returncode == 0
    assert {backup["id"] for backup in listed(db01)} == before, "check mode backs up nothing"
    outputs = [playbook("backup"), playbook("restore_drill")]
    into = {"restore_into": RESTORED}
    planned = playbook("restore", "--check", variables=into)
    assert RESTORED in planned.stdout
    outputs += [planned, playbook("restore", variables=into)]
    for done in outputs:
        assert done.returncode == 0, done.stdout
    (made,) = {backup["id"] for backup in listed(db01)} - before
    assert made in outputs[1].stdout, "the drill takes the newest"
    assert checksums(RESTORED) == checksums(DATABASE)
    assert len(checksums(DATABASE)) == 3


@pytest.mark.usefixtures("backed_up")
def test_the_module_plans_what_the_command_plans(db01):
    """On the machine with its distribution's boto3, and on the controller with the current one."""
    settings = json.loads(db01.file("/etc/plannerate-backup/production.json").content_string)
    arguments = {name: settings[name] for name in ("bucket", "prefix")}
    arguments |= {name: settings["store"][name] for name in ("endpoint", "path_style", "ca_file")}
    arguments |= {"access_key": "lab-rotator", "secret_key": "lab-rotator-secret"}
    planned = json.loads(db01.check_output("plannerate-backup rotate production --check --json"))
    expected = [backup["id"] for backup in planned["kept"]]
    assert expected
    authority = str(ROOT / ".cache" / "lab" / "s3-ca.crt")
    for host, options in (
        ("db01", ["--become"]),
        ("localhost", ["--connection=local", f"-eansible_python_interpreter={sys.executable}"]),
    ):
        arguments["ca_file"] = authority if host == "localhost" else settings["store"]["ca_file"]
        result = module(host, arguments, "--check", *options)
        assert sorted(backup["id"] for backup in result["kept"]) == sorted(expected)
        assert result["deleted"] == planned["deleted"] == []
        assert not result["changed"]


def module(host, arguments, *options):
    command = [
        "ansible",
        host,
        f"--inventory={INVENTORIES / 'production'}",
        "--module-name=plannerate.infra.s3_backup_rotation",
    ]
    done = subprocess.run(
        [*command, f"--args={json.dumps(arguments)}", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
    )
    result = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"][0]["hosts"][host]
    assert not result.get("failed"), result
    return result


def test_a_non_owner_backs_up_its_own_database_and_none_else(db01):
    before = {backup["id"] for backup in listed(db01)}
    done = playbook("backup", inventory="staging")
    assert done.returncode == 0, done.stdout
    assert "plannerate_staging" in done.stdout
    assert {backup["id"] for backup in listed(db01)} == before
    role = db01.check_output("cat /etc/plannerate-backup/staging/pgpass").split(":")
    command = [
        "runuser",
        "-u",
        "backup-dump",
        "--",
        "psql",
        "-XAtqw",
        f"host=db01 hostaddr=198.18.0.12 port={PORTS['pg-main']} ",
    ]
    command[-1] += f"user={role[3]} dbname={DATABASE} sslmode=verify-full sslrootcert=/etc/ssl/machine/ca.crt "
    command[-1] += "passfile=/etc/plannerate-backup/staging/pgpass"
    refused = subprocess.run(
        ["docker", "exec", "plannerate-lab-db01", *command, "-c", "SELECT 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "permission denied for database" in refused.stderr


@pytest.mark.usefixtures("backed_up")
def test_secrets_are_in_no_log_and_in_no_file_of_others_and_a_written_timer_is_loaded(db01):
    secrets = ["lab-writer-secret", "lab-rotator-secret", "AGE-SECRET-KEY-"]
    secrets.append(db01.file("/etc/plannerate-backup/production/pgpass").content_string.strip().split(":")[-1])
    timer = "plannerate-backup@production.timer"
    pending = leave_pending(db01, "s3_backup-production", f"/etc/systemd/system/{timer}")
    before = started_at(db01, timer)
    done = playbook("s3_backup", "-vvv", "--diff")
    assert done.returncode == 0, done.stdout
    assert started_at(db01, timer) != before, "an earlier run wrote it, and did not load it"
    assert not db01.file(pending).exists
    units = "journalctl --output=cat --unit='plannerate-backup*' --unit='plannerate-drill*'"
    processes = db01.check_output("ps -ewwo args")
    for value in secrets:
        assert value not in done.stdout
        assert value not in processes
    search = ["docker", "exec", "--interactive", "plannerate-lab-db01", "bash", "-c"]
    for command, allowed in (
        ("grep -rlFf /dev/stdin /etc /var/lib/plannerate-backup /usr/local", "/etc/plannerate-backup/"),
        (f"grep -Ff /dev/stdin <({units})", None),
    ):
        found = subprocess.run(
            [*search, command], input="\n".join(secrets), capture_output=True, text=True, timeout=60, check=False
        ).stdout.split()
        assert bool(found) is bool(allowed)
        for path in found:
            assert path.startswith(allowed)
            assert db01.file(path).mode & 0o077 == 0, path
