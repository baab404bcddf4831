#!/usr/bin/env bash
# What somebody typed into a Debian machine some years ago: a primary and two replicas.
set -euo pipefail
address=$1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

[[ -e /etc/postgresql/15/replica2 ]] && exit 0
apt-get -qq update
apt-get -qqy install --no-install-recommends postgresql-common ssl-cert >/dev/null
echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
apt-get -qqy install --no-install-recommends postgresql-15 >/dev/null

as_postgres() { runuser -u postgres -- "$@"; }
configure() { # CLUSTER: one way in without a password, one with MD5, and everything written below the package's own settings
  cat >"/etc/postgresql/15/$1/pg_hba.conf" <<RULES
# Set up by hand
local   all             postgres                                peer
local   all             all                                     md5
host    all             all             127.0.0.1/32            trust
host    replication     replicator      $address/32        md5
host    all             all             198.18.0.0/24           md5
RULES
  cat >>"/etc/postgresql/15/$1/postgresql.conf" <<SETTINGS
listen_addresses = '*'
password_encryption = md5
shared_buffers = 64MB
log_min_messages = 'notice'
SETTINGS
  echo "log_autovacuum_min_duration = '1min'" >"/etc/postgresql/15/$1/conf.d/99-tuning.conf"
}

pg_createcluster 15 main --port=5432 --locale=C --encoding=UTF8 >/dev/null
configure main
systemctl start postgresql@15-main
as_postgres psql -qX <<'SQL'
CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'old-replicator';
CREATE ROLE plannerate_prod LOGIN PASSWORD 'old-prod';
CREATE ROLE plannerate_staging LOGIN PASSWORD 'old-staging';
CREATE ROLE reader LOGIN PASSWORD 'old-reader';
CREATE DATABASE plannerate_production OWNER plannerate_prod;
CREATE DATABASE plannerate_staging OWNER plannerate_staging;
ALTER SYSTEM SET work_mem = '7MB';
ALTER SYSTEM SET max_connections = 120;
ALTER SYSTEM SET log_statement = 'ddl';
SELECT pg_create_physical_replication_slot('slot_forgotten', true);
\connect plannerate_production plannerate_prod 127.0.0.1
CREATE TABLE orders (id serial PRIMARY KEY, item text NOT NULL);
INSERT INTO orders (item) SELECT 'item ' || n FROM generate_series(1, 5000) n;
SQL
systemctl restart postgresql@15-main

port=5433
for slot in slot_a slot_b; do
  replica=replica$((port - 5432))
  pg_createcluster 15 "$replica" --port=$port >/dev/null
  configure "$replica"
  rm -r "/var/lib/postgresql/15/$replica"
  PGPASSWORD=old-replicator as_postgres pg_basebackup --host="$address" --username=replicator --checkpoint=fast \
    --pgdata="/var/lib/postgresql/15/$replica" --write-recovery-conf --create-slot --slot=$slot
  touch "/var/lib/postgresql/15/$replica/made-by-hand"
  systemctl start "postgresql@15-$replica"
  port=$((port + 1))
done
as_postgres psql -qX <<'SQL'
ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ("15/replica1", "15/replica2")';
SELECT pg_reload_conf();
SQL
