# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another machine rotates, and copies into a second bucket by a key of its own: the playbook, a real server and a real store."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.helpers.checkout import ROOT
from support.helpers.object_store import BUCKET, COPIES, keys_of

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import listing

SEAL = "the key of this installation"


@pytest.fixture
def rotate(away, tmp_path):
    """A function that runs the playbook: (what was deleted or copied, whether anything changed, all that it said)."""

    def run(*options, code=0, **variables):
        place = {"endpoint": away.settings["store"]["endpoint"], "path_style": True}
        given = {
            "s3_backup_environment": "tests",
            "s3_backup_bucket": BUCKET,
            "s3_backup_prefix": away.settings["prefix"],
            "s3_backup_copy_bucket": COPIES,
            **{f"s3_backup_{name}": value for name, value in place.items()},
            **{f"s3_backup_copy_{name}": value for name, value in place.items()},
            **{f"s3_backup_rotator_{name}": value for name, value in keys_of("rotator").items()},
            **{f"s3_backup_copy_{name}": value for name, value in keys_of("copier").items()},
            "s3_backup_outage_seconds": 5,
            "_s3_backup_own": str(away.directory),
            # The tests' store answers without TLS.
            "s3_backup_problems": [],
            "ansible_connection": "local",
            "ansible_become": False,
            "ansible_python_interpreter": sys.executable,
            **variables,
        }
        file = tmp_path / "variables.json"
        file.write_text(json.dumps(given))
        (tmp_path / "hosts.json").write_text(json.dumps({"s3_backups": {"hosts": {"db01": None}}}))
        done = subprocess.run(
            [
                *("ansible-playbook", "playbooks/rotate_backups.yml", f"--inventory={tmp_path}/hosts.json", "--diff"),
                *(f"--extra-vars=@{file}", *options),
            ],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "rotator-secret" not in said and "copier-secret" not in said and SEAL not in said
        return said

    return run


def copies(site):
    """State by id in the second bucket."""
    store = site.store.open_as("copier", COPIES)
    return {one.id: one.state for one in listing.backups(store, site.settings["prefix"])}


def metric(site, job, name):
    text = (site.directory / f"s3_backup_tests_{job}_elsewhere.prom").read_text()
    (value,) = [line.split()[-1] for line in text.splitlines() if line.startswith(name + "{")]
    return float(value)


def test_it_rotates_and_copies_by_its_own_keys_and_the_writing_machine_tells(away, rotate, monkeypatch):
    site = away
    site.make("CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g")
    first = site.back_up()["id"]
    site.good("drill")
    assert metric(site, "copy", "s3_backup_job_last_success_timestamp_seconds") == 0
    assert metric(site, "rotate", "s3_backup_job_last_success_timestamp_seconds") == 0
    code, answer = site.command("rotate")
    assert (code, "another machine rotates" in answer["message"]) == (2, True)

    assert "changed=1" in rotate("--check")
    assert copies(site) == {}
    assert "changed=1" in rotate()
    assert copies(site) == {first: "verified"}
    assert "changed=0" in rotate()

    second = site.back_up()
    assert metric(site, "copy", "s3_backup_copy_timestamp_seconds") > 0
    assert metric(site, "copy", "s3_backup_job_last_success_timestamp_seconds") > 0
    assert metric(site, "rotate", "s3_backup_restorable") == 1
    listed = {one["id"]: one["copied"] for one in site.good("list")["backups"]}
    assert listed == {first: True, second["id"]: False}

    # The first bucket is lost; whoever restores brings the key of the second along.
    code, answer = site.command("list", "--from=copy")
    assert (code, "AWS_ACCESS_KEY_ID" in answer["message"]) == (2, True)
    for entry in list(site.store.open().objects(f"{site.settings['prefix']}/")):
        site.store.open().delete([entry.key])
    for variable, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), keys_of("copier").values(), strict=True):
        monkeypatch.setenv(variable, value)
    assert site.command("restore")[0] == 1
    assert [one["id"] for one in site.good("list", "--from=copy")["backups"]] == [first]
    site.good("verify", "--from=copy")
    done = site.good("restore", "--from=copy", "--into=again")
    assert (done["rows"], site.say("SELECT count(*) FROM orders", database="again")) == (1000, [(1000,)])


def test_what_is_not_as_it_was_written_gets_no_copy_and_keeps_no_other_from_it(away, rotate):
    site = away
    site.make("CREATE TABLE orders AS SELECT 1 AS id")
    older = site.back_up()["id"]
    site.good("drill")
    bad = site.back_up()
    store, prefix = site.store.open(), site.settings["prefix"]
    (key,) = [
        one.key for one in store.objects(f"{prefix}/") if f"/{bad['id']}/" in one.key and one.key.endswith(".zst")
    ][:1]
    content = bytearray(store.get(key))
    content[len(content) // 2] ^= 1
    store.put(key, bytes(content))
    said = rotate(code=2)
    assert f"{bad['id']}/" in said and "is damaged" in said
    # It is rotated all the same, and nothing in the copy looks whole that is not.
    assert "Delete what the retention does not keep" in said
    assert copies(site) == {older: "verified"}
    assert site.store.open_as("copier", COPIES).find(f"{prefix}/RESTORE.md").count(COPIES.encode()) > 0
    # What has a copy is told, and that the newest has none.
    site.back_up()
    assert {one["id"] for one in site.good("list")["backups"] if one["copied"]} == {older}
    newest = metric(site, "copy", "s3_backup_copy_timestamp_seconds")
    assert metric(site, "copy", "s3_backup_job_last_success_timestamp_seconds") == newest > 0


def test_a_second_store_that_is_away_is_told_and_the_first_is_tidied(away, rotate):
    away.make("CREATE TABLE orders AS SELECT 1 AS id")
    away.back_up()
    said = rotate(code=2, s3_backup_copy_endpoint="http://127.0.0.1:9")
    assert "cannot be reached" in said
    away.back_up()
    assert metric(away, "rotate", "s3_backup_restorable") == 1
    assert metric(away, "copy", "s3_backup_job_last_success_timestamp_seconds") == 0
