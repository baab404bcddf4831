# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgBackRest is told, and what of the inventory it could not do."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import UsageError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical import settings

MAIN = {"name": "pg-main", "port": 5432, "data_directory": "/var/lib/postgresql/15/main"}
REPLICA = {"name": "pg-replica1", "port": 5433, "data_directory": "/var/lib/postgresql/15/replica1"}
REPOSITORY = {
    "stanza": "main",
    "bucket": "backups",
    "prefix": "physical",
    "endpoint": "https://store.test:8334",
    "region": "us-east-1",
    "path_style": True,
    "ca_file": "/etc/store.crt",
    "access_key": "writer",
    "secret_key": "secret",
    "passphrase": "phrase",
    "keep_days": 14,
    "queue_max": "",
    "process_max": 2,
    "socket_directory": "/run/postgresql",
}


def lines(version="2.45", member=None, **changed):
    return settings.member_file(member or MAIN, [MAIN, REPLICA], {**REPOSITORY, **changed}, version).splitlines()


def test_a_member_is_the_first_of_its_own_file_and_its_neighbours_follow():
    assert lines()[-9:] == [
        "[main]",
        "pg1-path=/var/lib/postgresql/15/main",
        "pg1-port=5432",
        "pg1-socket-path=/run/postgresql",
        "pg1-user=postgres",
        "pg2-path=/var/lib/postgresql/15/replica1",
        "pg2-port=5433",
        "pg2-socket-path=/run/postgresql",
        "pg2-user=postgres",
    ]
    other = lines(member=REPLICA)
    assert "pg1-path=/var/lib/postgresql/15/replica1" in other
    assert "pg2-path=/var/lib/postgresql/15/main" in other


def test_each_member_has_a_queue_and_locks_of_its_own():
    assert {"spool-path=/var/spool/pgbackrest/pg-main/queue", "lock-path=/var/spool/pgbackrest/pg-main/lock"} <= set(
        lines()
    )
    assert not set(lines()) & {"spool-path=/var/spool/pgbackrest/pg-replica1/queue"}


def test_block_incremental_only_where_it_is_sound():
    assert "repo1-block=y" not in lines("2.45")
    assert "repo1-block=y" not in lines("2.47")
    assert "repo1-block=y" in lines("2.55.1")
    assert "repo1-bundle=y" in lines("2.45")


def test_the_store():
    assert {
        "repo1-path=/physical",
        "repo1-s3-endpoint=store.test",
        "repo1-storage-port=8334",
        "repo1-s3-uri-style=path",
        "repo1-storage-ca-file=/etc/store.crt",
    } <= set(lines())
    aws = lines(endpoint="", region="sa-east-1", path_style=False, ca_file=None)
    assert {"repo1-s3-endpoint=s3.sa-east-1.amazonaws.com", "repo1-storage-port=443", "repo1-s3-uri-style=host"} <= set(
        aws
    )
    assert not [line for line in aws if line.startswith("repo1-storage-ca-file")]


def test_whoever_archives_deletes_nothing_and_drops_nothing_unless_told():
    assert "expire-auto=n" in lines()
    assert not [line for line in lines() if line.startswith("archive-push-queue-max")]
    assert "archive-push-queue-max=20GiB" in lines(queue_max="20GiB")


@pytest.mark.parametrize("value", ["a\nrepo1-path=/other", " a", "a "])
def test_a_value_that_would_be_read_as_something_else_is_refused_and_not_shown(value):
    with pytest.raises(UsageError, match="repo1-cipher-pass") as caught:
        lines(passphrase=value)
    assert "other" not in str(caught.value)


def test_every_member_is_told_the_same_but_for_its_own_file():
    told = settings.archive_settings("pg-main", "main")
    assert told == {
        "archive_mode": "on",
        "archive_command": 'pgbackrest --config=/etc/pgbackrest/members/pg-main.conf --stanza=main archive-push "%p"',
        "archive_timeout": "60s",
    }


def test_an_inventory_that_can_work_has_no_problem():
    assert settings.problems(REPOSITORY, None, 15) == []
    assert settings.problems(REPOSITORY, "2.45", 15) == []
    assert settings.problems({**REPOSITORY, "endpoint": "", "queue_max": "20GiB"}, "2.55.1", 17) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"bucket": ""}, "s3_backup_physical_bucket is empty"),
        ({"secret_key": ""}, "s3_backup_physical_secret_key is empty"),
        ({"stanza": "a b"}, "s3_backup_physical_stanza"),
        ({"prefix": "/physical"}, "s3_backup_physical_prefix"),
        ({"prefix": "physical/"}, "s3_backup_physical_prefix"),
        ({"bucket": "my.backups", "path_style": False}, "name with a dot"),
        ({"endpoint": "http://store.test"}, "begins with https://"),
        ({"queue_max": "20G"}, "s3_backup_physical_queue_max"),
        ({"keep_days": 0}, "would keep nothing"),
    ],
)
def test_what_cannot_work_is_named(changed, words):
    (problem,) = settings.problems({**REPOSITORY, **changed}, "2.45", 15)
    assert words in problem


def test_a_pgbackrest_that_does_not_know_the_server_is_refused():
    (problem,) = settings.problems(REPOSITORY, "2.45", 17)
    assert "pgBackRest 2.45 does not know PostgreSQL 17, expected 2.52 or newer" in problem
