# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that stands in the bucket for whoever has nothing else left."""

from __future__ import annotations

from . import keys

_TEXT = """# How to restore from this bucket by hand

These are logical backups of PostgreSQL, environment `{environment}`. You need: `aws` (any S3 client), `zstd`{tool} and
PostgreSQL's own programs, of the server's major version or later. No other file of the project is needed.

## What is here

    {prefix}<system identifier>/<database>/<UTC timestamp>-<id>/
        manifest.json        written last: without it the backup is not complete
        verified.json        if it is there: result of the last trial restore
        roles.sql.zst{suffix:<11}the environment's roles, with their password secrets
        database.dump.zst{suffix:<7}one stream: pg_dump -Fc | zstd{pipe}
        database.dump.zst{suffix}.0002 and so on, if they are there: how the stream goes on
        dump/*{suffix:<18}in older backups, instead: the files of pg_dump -Fd, each one by itself{pipe_files}

Set what is needed to reach the bucket:

    export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... AWS_DEFAULT_REGION={region}
    alias s3='aws{endpoint} s3'

## Which one

    s3 ls {url}
    s3 ls {url}<system identifier>/<database>/

Take the newest directory that has a `manifest.json`, best one whose `verified.json` says `"result": "good"`. In what
follows `$B` is it: `B={url}<system identifier>/<database>/<timestamp>-<id>`

    s3 cp $B/manifest.json -

## Check it

Each entry of `objects` in the manifest has the `sha256` of what is stored:

    s3 cp $B/database.dump.zst{suffix} - | sha256sum

## Restore into a new database

As PostgreSQL's administrator, on a server of its own unless you trust whoever wrote the dump: it runs code while it is loaded.
`owner`, `encoding`, `datcollate` and `datctype` stand in `database_properties` of the manifest, and `roles.referenced` names the
roles that have to exist.

    s3 cp $B/roles.sql.zst{suffix} - {decrypt}| zstd -d | psql -X -d postgres

Each role of `roles.referenced` that is not there now, such as the one that makes the backups:

    createuser --no-login ROLE

Then the database:

    createdb --template=template0 --owner=OWNER NEW_NAME
    s3 cp $B/database.dump.zst{suffix} - {decrypt}| zstd -d | pg_restore --exit-on-error --dbname=NEW_NAME
    psql -X -d NEW_NAME -c 'ANALYZE'

Where the stream goes on in further objects, this stands for the one `s3 cp` of it:

    (for f in database.dump.zst{suffix} database.dump.zst{suffix}.0002; do s3 cp $B/$f -; done)

`omissions` and `warnings` of the manifest name what the backup does not hold.

An older backup in directory mode (`"mode": "directory"`):

    s3 cp --recursive $B/dump/ dump/
{files}    pg_restore --exit-on-error --jobs=4 --dbname=NEW_NAME dump

Only one table: add `--schema=SCHEMA --table=TABLE` to `pg_restore`, into a database in which the schema exists.

Compare with `tables` in the manifest: `SELECT count(*)` of each table gives exactly these figures; null is a table that
changed while it was dumped. At last give the database its privileges again (`grants` in `database_properties`): a new one lets
everybody connect.

    REVOKE CONNECT, TEMPORARY ON DATABASE NEW_NAME FROM PUBLIC;
"""
_PRIVATE_KEY = "PRIVATE_KEY_FILE"


def publish(configuration, store):
    """Writes the guide where another one stands, or none."""
    key, content = keys.root(configuration["prefix"]) + keys.GUIDE, text(configuration)
    if store.find(key) != content:
        store.put(key, content, "text/markdown; charset=utf-8")


def text(configuration):
    """The guide for one environment, as bytes."""
    method, store = configuration["encryption"]["method"], configuration["store"]
    prefix = configuration["prefix"].rstrip("/") + "/"
    suffix = {"age": ".age", "none": ""}[method]
    decrypt = {"age": f"| age -d -i {_PRIVATE_KEY} ", "none": ""}[method]
    one_file = {"age": f'age -d -i {_PRIVATE_KEY} -o "${{f%.age}}" "$f"'}.get(method)
    return _TEXT.format(
        environment=configuration["environment"],
        prefix=prefix,
        url=f"s3://{configuration['bucket']}/{prefix}",
        region=store["region"],
        endpoint=f" --endpoint-url {store['endpoint']}" if store["endpoint"] else "",
        suffix=suffix,
        tool="" if method == "none" else f", `{method}` with the private key of a recipient",
        pipe="" if method == "none" else f" | {method}",
        pipe_files="" if method == "none" else f" through {method}",
        decrypt=decrypt,
        files=f'    for f in dump/*{suffix}; do {one_file} && rm "$f"; done\n' if one_file else "",
    ).encode()
