#!/usr/bin/env bash
# A machine that holds a database of at least 1.4 GB, an S3 server over TLS, and the command with nothing but Debian's packages.
# Runs as root on a fresh machine; the code stands in /root/code, the S3 server in /usr/local/bin/weed.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /

apt-get install -qq -y --no-install-recommends \
  age awscli openssl postgresql-15 python3-boto3 python3-psycopg2 time zstd >/dev/null

install -d /srv/s3/data
openssl req -x509 -newkey rsa:2048 -nodes -keyout /srv/s3/key -out /srv/s3/certificate -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
cat >/srv/s3/identities.json <<'END'
{"identities": [{"name": "bench", "credentials": [{"accessKey": "bench", "secretKey": "bench-secret"}],
                 "actions": ["Admin", "Read", "Write", "List"]}]}
END
systemd-run --quiet --unit=s3 weed server -dir=/srv/s3/data -ip=127.0.0.1 -volume.max=100 -master.volumeSizeLimitMB=512 \
  -s3 -s3.port=8333 -s3.port.https=8334 -s3.cert.file=/srv/s3/certificate -s3.key.file=/srv/s3/key -s3.config=/srv/s3/identities.json
export AWS_ACCESS_KEY_ID=bench AWS_SECRET_ACCESS_KEY=bench-secret AWS_CA_BUNDLE=/srv/s3/certificate
timeout 60 sh -c 'until aws --endpoint-url https://127.0.0.1:8334 s3 mb s3://bench >/dev/null 2>&1; do sleep 1; done'

runuser -u postgres -- psql -XAtq -c 'CREATE DATABASE bench'
# Repeated text, identifiers that hardly compress, numbers, JSON and pictures.
runuser -u postgres -- psql -XAtq -d bench <<'END'
CREATE TABLE events AS SELECT g AS id, now() - g * interval '1 second' AS at, md5(g::text) AS token, 'product ' || g % 5000 AS product,
  json_build_object('price', g % 997, 'tags', array['new', 'sale'], 'note', repeat('shelf ', 5)) AS body
  FROM generate_series(1, 4200000) g;
CREATE TABLE figures AS SELECT g AS id, g % 1000 AS shop, random() AS share, (random() * 1e6)::int AS amount
  FROM generate_series(1, 7000000) g;
CREATE TABLE pictures (id int, content bytea);
ALTER TABLE pictures ALTER content SET STORAGE EXTERNAL;
INSERT INTO pictures SELECT g, (SELECT decode(string_agg(md5(random()::text || g || n), ''), 'hex') FROM generate_series(1, 256) n)
  FROM generate_series(1, 48000) g;
ALTER TABLE events ADD PRIMARY KEY (id);
VACUUM ANALYZE;
CHECKPOINT;
END

install -d -o postgres /root/state /var/lib/bench /var/lib/bench/run
age-keygen -o /root/age.key 2>/dev/null
install -d /usr/local/lib/bench
cp -r /root/code/s3_backup /root/code/plannerate-backup /usr/local/lib/bench/
chmod -R a+rX /usr/local/lib/bench
echo '{"access_key": "bench", "secret_key": "bench-secret"}' >/var/lib/bench/credentials.json
chown postgres /var/lib/bench/credentials.json

configure() { # name, encryption, row counts
  cat >"/var/lib/bench/$1.json" <<END
{"environment": "$1", "databases": ["bench"], "bucket": "bench", "prefix": "$1", "state_directory": "/var/lib/bench",
 "store": {"endpoint": "https://127.0.0.1:8334", "path_style": true, "ca_file": "/srv/s3/certificate"},
 "credentials": {"writer": "/var/lib/bench/credentials.json"}, "users": {"run": "postgres"},
 "source": {"conninfo": "host=/var/run/postgresql user=postgres", "binaries": "/usr/lib/postgresql/15/bin", "row_counts": $3},
 "encryption": $2}
END
}
encrypted="{\"method\": \"age\", \"recipients\": [\"$(age-keygen -y /root/age.key)\"]}"
configure plain '{"method": "none"}' false
configure counted '{"method": "none"}' true
configure encrypted "$encrypted" false
configure everything "$encrypted" true
