# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill restores a random second beside the running server, and is red where the repository is not what was stored."""

from __future__ import annotations

import json
import time

import pytest
from support.helpers.servers_base import AS_OWNER, own, owned, run, wait_for

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.moments import moment as moment_of

SOME_SECONDS = 3


@pytest.fixture
def site(make_physical):
    """Archives, has checksums of its pages, a full backup and commits of some seconds since."""
    site = make_physical()
    site.servers.stop("pg-main")
    data = site.servers.members["pg-main"]["data_directory"]
    run([*AS_OWNER, f"{site.servers.base.programs}/pg_checksums", "--enable", f"--pgdata={data}"])
    site.servers.start("pg-main")
    # What its owner may give it.
    site.servers.sql("pg-main", "CREATE DATABASE archive")
    for setting in ("default_transaction_read_only = on", "statement_timeout = 1"):
        site.servers.sql("pg-main", f"ALTER DATABASE archive SET {setting}")
    site.good("prepare")
    site.good("backup", "full")
    site.servers.sql("pg-main", "CREATE TABLE drilled (at timestamptz PRIMARY KEY)")
    begun = time.time()
    while time.time() - begun < SOME_SECONDS:
        site.servers.sql("pg-main", "INSERT INTO drilled VALUES (clock_timestamp())")
        time.sleep(0.2)
    site.servers.sql("pg-main", "SELECT pg_switch_wal()")
    wait_for(
        lambda: any(length(one) > SOME_SECONDS - 2 for one in site.good("list")["windows"]), 40, "them in the archive"
    )
    return site


def length(window):
    return (moment_of(window["end"]) - moment_of(window["begin"])).total_seconds()


def drilled(site, name):
    return site.metric(f"drill_{name}")


def test_a_random_second_is_restored_proven_timed_and_removed(site):
    site.good("watch")
    # Nothing was drilled, and by when it is to be is known: the alert about it needs no first success.
    assert drilled(site, "job_success") is None
    assert drilled(site, "next_expected_timestamp_seconds") > time.time()
    assert site.metric("next_expected_timestamp_seconds") > time.time()
    windows = site.good("list")["windows"]
    # What an earlier one that was killed left.
    left = site.directory / "restored" / ".drill"
    left.mkdir()
    own(left)
    owned(left / "file", "", 0o600)
    done = site.good("drill")
    print(done)
    moment = moment_of(done["target"])
    assert any(moment_of(one["begin"]) <= moment <= moment_of(one["end"]) for one in windows)
    assert done["checksums"] is True
    assert {"postgres", "template1"} <= set(done["databases"])
    assert list((site.directory / "restored").iterdir()) == []
    site.good("watch")
    assert drilled(site, "job_success") == 1
    assert drilled(site, "restore_seconds") == done["restore_seconds"] > 0
    assert drilled(site, "target_timestamp_seconds") == moment.timestamp()
    for name in ("timestamp_seconds", "verified_timestamp_seconds"):
        assert time.time() - drilled(site, name) < 60
    # Repeated, it is that second again, and its words show the commits on both sides of it.
    words = site.command("drill", f"--target={done['target']}").stdout
    assert json.loads(words)["target"] == done["target"]
    # The last commit that is archived, which PostgreSQL is told by its place.
    site.servers.sql("pg-main", "SELECT pg_switch_wal()")
    time.sleep(2)
    end = site.good("list")["windows"][-1]["end"]
    assert site.good("drill", f"--target={end}")["target"] == end


def test_a_repository_that_is_not_what_was_stored_is_red(site):
    segments = [key for key in site.objects() if "/archive/" in key and key.endswith(".zst")]
    bucket = site.store.open()
    key = segments[0]
    whole = bucket.get(key)
    bucket.put(key, whole[:-20] + b"x" * 20)
    assert "the repository is not sound" in site.refused("drill", code=4)
    site.good("watch")
    assert drilled(site, "job_success") == 0
    assert drilled(site, "timestamp_seconds") is None
    bucket.put(key, whole)
    # Not verified before, it is the restore that fails, and nothing is left of it.
    site.configure(drill={**site.settings["drill"], "verify": False})
    data = max(
        (key for key in site.objects() if "/backup/" in key and "/bundle/" in key), key=lambda one: len(bucket.get(one))
    )
    content = bucket.get(data)
    middle = len(content) // 2
    bucket.put(data, content[:middle] + b"x" * 4096 + content[middle + 4096 :])
    assert "pgbackrest restore failed" in site.refused("drill", code=1)
    assert list((site.directory / "restored").iterdir()) == []
    bucket.put(data, content)
    site.good("drill")
    site.good("watch")
    assert drilled(site, "job_success") == 1
    assert drilled(site, "verified_timestamp_seconds") is None


def test_elsewhere_nothing_is_drilled_or_told(site):
    site.configure(drill={**site.settings["drill"], "machine": "other"})
    assert site.good("drill") == {"changed": False, "target": None}
    site.good("watch")
    assert drilled(site, "next_expected_timestamp_seconds") is None
    assert site.metric("next_expected_timestamp_seconds") > time.time()
