# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab is broken in every way that has an alert; each must arrive at its receiver and resolve after repair.

What does not touch each other is broken together. `tests/lab/test_alerts.py` tries two more.
"""

from __future__ import annotations

import pytest
from support.helpers.drill import Breakage, drill
from support.helpers.lab import PORTS, wait_for
from support.helpers.roles_of_members import at_home

STAGING = "/opt/plannerate/staging"
COMPOSE = f"docker compose --project-name plannerate-staging --file {STAGING}/docker-compose.staging.yml"
CERTIFICATE = "/etc/ssl/machine/machine.crt"
DETACHED = "/etc/postgresql/15/pg_replica2/conf.d/99-drill.conf"
WRITER = "/etc/plannerate-backup/production/writer.json"


def psql(sql, port=5432):
    return f'runuser -u postgres -- psql -XAtq --port={port} --command="{sql}"'


def some_wal(megabytes):
    return psql(
        f"SELECT count(pg_logical_emit_message(false, 'drill', repeat(md5(i::text), 32768))) FROM generate_series(1, {megabytes}) i"
    )


REPLICA_PAUSED = Breakage(
    "replica paused",
    "db01",
    f"{psql('SELECT pg_wal_replay_pause()', PORTS['pg-replica1'])} && {some_wal(20)}",
    psql("SELECT pg_wal_replay_resume()", PORTS["pg-replica1"]),
    "PostgresReplicationLagBytes",
    {"application_name": "pg-replica1"},
)
# What a failover writes, beside the file of the role.
REPLICA_DETACHED = Breakage(
    "replica detached",
    "db01",
    f"echo \"plannerate.detached_from = 'pg-main'\" > {DETACHED} && systemctl reload postgresql@15-pg_replica2",
    f"rm {DETACHED} && systemctl reload postgresql@15-pg_replica2",
    "PostgresReplicaDetached",
    {"member": "pg-replica2"},
)
DISK_FILLED = Breakage(
    "disk filled",
    "db01",
    "mkdir -p /srv/drill && mount -t tmpfs -o size=8m tmpfs /srv/drill && head -c 7500000 /dev/zero > /srv/drill/full",
    "umount /srv/drill && rmdir /srv/drill",
    "DiskNearlyFull",
    {"mountpoint": "/srv/drill"},
    # The machines share their host's disk, which nothing may fill: a file system in memory stands for one on disk.
    ("tmpfs|ramfs", "ramfs"),
)
MEMORY_OVER = Breakage(
    "memory over its limit",
    "app01",
    "",
    "",
    "MemoryNearlyFull",
    {"machine": "app01"},
    # The machines report their host's memory, which nothing may fill.
    ("> 90", "> 1"),
)
CONTAINER_KILLED = Breakage(
    "container killed",
    "app01",
    "docker kill plannerate-queue-staging",
    f"{COMPOSE} up --detach queue",
    "ContainerMissing",
    {"container": "plannerate-queue-staging"},
)
# The first process of the container stands still, so that its health check gets no answer.
CONTAINER_UNHEALTHY = Breakage(
    "container unhealthy",
    "app01",
    "kill -STOP $(docker top plannerate-pgadmin-staging -eo pid | tail -n +2)",
    "kill -CONT $(docker top plannerate-pgadmin-staging -eo pid | tail -n +2)",
    "ContainerUnhealthy",
    {"container": "plannerate-pgadmin-staging"},
)
PGBOUNCER_STOPPED = Breakage(
    "PgBouncer stopped", "db01", "systemctl stop pgbouncer", "systemctl start pgbouncer", "PgbouncerDown"
)
REDIS_STOPPED = Breakage(
    "Redis stopped",
    "app01",
    "docker stop plannerate-redis-staging",
    f"{COMPOSE} up --detach redis",
    "RedisDown",
    {"environment": "staging"},
)
BACKUP_FAILING = Breakage(
    "backup failing",
    "db01",
    f"mv {WRITER} {WRITER}.away && ! systemctl start plannerate-backup@production",
    f"mv {WRITER}.away {WRITER} && systemctl start plannerate-backup@production",
    "BackupFailed",
    {"environment": "production", "exported_job": "run"},
)
SLOT_RETAINED = Breakage(
    "slot retained",
    "db01",
    f"{psql('ALTER SYSTEM SET max_slot_wal_keep_size = 64')} && {psql('SELECT pg_reload_conf()')} && "
    + psql("SELECT pg_create_physical_replication_slot('drill', true)")
    + f" && {some_wal(40)}",
    f"{psql('ALTER SYSTEM RESET max_slot_wal_keep_size')} && {psql('SELECT pg_reload_conf()')} && "
    + psql("SELECT pg_drop_replication_slot('drill')"),
    "PostgresSlotRetainsTooMuch",
    {"slot_name": "drill"},
)
CERTIFICATE_SHORT = Breakage(
    "certificate short",
    "db01",
    f"cp -a {CERTIFICATE} {CERTIFICATE}.kept && cd /etc/ssl/machine && "
    f"openssl x509 -x509toreq -copy_extensions copyall -in {CERTIFICATE} -signkey machine.key -out /run/drill.csr && "
    "openssl x509 -req -copy_extensions copyall -in /run/drill.csr -CA ca.crt -CAkey /root/ca/ca.key "
    f"-days 5 -out /run/drill.crt && cat /run/drill.crt > {CERTIFICATE}",
    f"cat {CERTIFICATE}.kept > {CERTIFICATE} && rm {CERTIFICATE}.kept",
    "MachineCertificateExpiring",
    {"machine": "db01"},
)
APP_SLOW = Breakage(
    "app slow",
    "app01",
    "docker update --cpus 0.01 plannerate-app-staging",
    "docker update --cpus 2 plannerate-app-staging",
    "ProbeSlow",
    {"environment": "staging"},
)
PROMETHEUS_STOPPED = Breakage(
    "Prometheus stopped", "app01", "systemctl stop prometheus", "systemctl start prometheus", "MonitoringSilent"
)

TOGETHER = {
    "database": [REPLICA_PAUSED, DISK_FILLED, MEMORY_OVER, CONTAINER_KILLED, CERTIFICATE_SHORT],
    "services": [PGBOUNCER_STOPPED, CONTAINER_UNHEALTHY, BACKUP_FAILING, REPLICA_DETACHED],
    "stacks": [REDIS_STOPPED, SLOT_RETAINED],
    "slow": [APP_SLOW],
    # With nobody to evaluate rules, the receiver raises this one itself.
    "dead man": [PROMETHEUS_STOPPED],
}


@pytest.fixture(scope="module", autouse=True)
def everything_stands(admin_sql, stacks):
    at_home(admin_sql)
    stacks.wait_until_healthy()


@pytest.mark.parametrize("breakages", TOGETHER.values(), ids=TOGETHER.keys())
def test_what_breaks_is_told_and_called_off(monitoring, receiver, breakages):
    wait_for(lambda: receiver.now() - receiver.last_call() < 130, timeout=130, what="a call of the dead man's switch")
    # When Prometheus falls silent, Alertmanager keeps what it was told for four minutes, and goes on calling.
    drill(monitoring, receiver, breakages, arrive=480, resolve=420)
