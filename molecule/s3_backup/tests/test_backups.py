# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 13, PostgreSQL 17 and its boto3: a zoo is backed up, proven, listed, rotated and restored as it was."""

from __future__ import annotations

import json
import shlex

import pytest
from support.helpers.lab import over_ssh, wait_for
from support.helpers.zoo import WHOLE, ZOO, comparable

METRICS = "/var/lib/prometheus/node-exporter/s3_backup_shop_{}.prom"
# Nothing is too young to go, and two are kept: the newest one of today, and the newest that a drill restored.
STRICT = {"daily": 1, "verified": 1, "minimum_age_hours": 0}


@pytest.fixture(scope="module")
def machine():
    return over_ssh("198.18.0.26")


@pytest.fixture(scope="module")
def command(machine):
    """A function that gives the answer of a command about the environment, which has to succeed."""

    def ask(name, *options):
        line = ["plannerate-backup", name, "shop", "--json", *options]
        return json.loads(machine.check_output(f"cd / && {shlex.join(line)} </dev/null"))

    return ask


@pytest.fixture(scope="module", autouse=True)
def backed_up(machine):
    """The units of the timers have made a backup of the zoo, rotated, and restored it once."""
    sql = ";\n".join(ZOO) + ";\n"
    machine.check_output(
        f"cd / && printf %s {shlex.quote(sql)} | runuser -u postgres -- psql -Xq --set=ON_ERROR_STOP=1 --dbname=shop"
    )
    for job, metrics in (("backup", "rotate"), ("backup-drill", "drill")):
        machine.check_output(f"systemctl start plannerate-{job}@shop.service")
        wait_for(lambda name=metrics: machine.file(METRICS.format(name)).exists, what=f"the metrics of {metrics}")


def test_the_store_takes_what_this_boto3_sends(machine, command):
    version = machine.check_output("python3 -c 'import boto3; print(boto3.__version__)'")
    assert tuple(map(int, version.split(".")[:2])) >= (1, 37)
    assert command("check", "--job=run")["writer_may_delete"] is False


def test_a_backup_is_listed_as_verified_with_what_it_is_without(command):
    listed = command("list")["backups"]
    assert [one["state"] for one in listed] == ["verified"]
    assert "the membership of shop in clients" in listed[0]["note"]


def test_every_job_tells_of_its_success(machine):
    for job in ("run", "rotate", "drill"):
        lines = machine.file(METRICS.format(job)).content_string.splitlines()
        assert next(line for line in lines if line.startswith("s3_backup_job_success{")).endswith(" 1"), job


def test_a_restored_zoo_is_the_same(machine, command):
    answer = command("restore", "--into=copy", *WHOLE)
    try:
        shop, copy = (
            comparable(machine.check_output(f"cd / && runuser -u postgres -- pg_dump --create {name}"), name)
            for name in ("shop", "copy")
        )
    finally:
        machine.check_output("cd / && runuser -u postgres -- dropdb --force copy")
    assert answer["database"] == "copy"
    assert copy == shop


def test_rotation_deletes_what_no_rule_keeps(machine, command):
    before = [one["id"] for one in command("list")["backups"]]
    made = [command("run")["backups"][0]["id"] for _attempt in range(2)]
    settings = json.loads(machine.file("/etc/plannerate-backup/shop.json").content_string)
    settings["retention"].update(STRICT)
    path = "/etc/plannerate-backup/strict.json"
    machine.check_output(f"printf %s {shlex.quote(json.dumps(settings))} > {path}")
    try:
        planned, done = (command("rotate", f"--config={path}", *options) for options in (["--check"], []))
    finally:
        machine.check_output(f"rm {path}")
    kept = {before[0], made[1]}
    for result in (planned, done):
        assert [one["id"] for one in result["deleted"]] == made[:1]
    assert {one["id"] for one in command("list")["backups"]} == kept
