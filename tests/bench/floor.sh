#!/usr/bin/env bash
# The least that has to be done for a primary and two synchronous replicas, as three clusters of one Debian 12
# machine, and the PgBouncer package: what a converge is measured against. Runs as root on a fresh machine.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /

apt-get install -qq -y --no-install-recommends postgresql-common >/dev/null
sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
apt-get install -qq -y --no-install-recommends postgresql-15 pgbouncer >/dev/null

sql() { runuser -u postgres -- psql -XAtqp 5432 -c "$1"; }

pg_createcluster 15 main --port 5432 -- --data-checksums >/dev/null
cat >/etc/postgresql/15/main/conf.d/bench.conf <<'END'
listen_addresses = '*'
wal_log_hints = on
max_connections = 120
shared_buffers = 256MB
END
echo 'hostssl replication replicator 127.0.0.1/32 scram-sha-256' >>/etc/postgresql/15/main/pg_hba.conf
systemctl start postgresql@15-main
sql "create role replicator replication login password 'bench'"
sql "create role sample_owner login password 'bench'"
sql 'create database sample owner sample_owner'

for number in 1 2; do
  data=/var/lib/postgresql/15/replica$number
  sql "select pg_create_physical_replication_slot('replica$number')" >/dev/null
  pg_createcluster 15 "replica$number" --port "543$((2 + number))" >/dev/null
  cp /etc/postgresql/15/main/conf.d/bench.conf "/etc/postgresql/15/replica$number/conf.d/"
  rm -rf "$data"
  runuser -u postgres -- env PGPASSWORD=bench pg_basebackup --checkpoint=fast --write-recovery-conf --pgdata="$data" \
    --slot="replica$number" --dbname="host=127.0.0.1 user=replicator application_name=replica$number sslmode=require"
  systemctl start "postgresql@15-replica$number"
done

sql "alter system set synchronous_standby_names = 'ANY 1 (replica1, replica2)'"
sql 'select pg_reload_conf()' >/dev/null
for ((i = 0; i < 100; i++)); do
  [[ $(sql "select count(*) from pg_stat_replication where state = 'streaming' and sync_state = 'quorum'") != 2 ]] || exit 0
  sleep 0.1
done
echo "the replicas do not stream" >&2
exit 1
