# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hostile staging planted in the way of a run is refused by name: nothing is written there, and production answers throughout."""

from __future__ import annotations

import pytest
from support.helpers.lab import playbook
from support.helpers.ledger import load
from support.hostile import database, links
from support.hostile.flood import STAGING

CREATIONS = {
    "pgbouncer": "get_auth(user_name text) RETURNS TABLE (username text, password text)",
    "s3_backup": "environment_roles() RETURNS SETOF json",
}


@pytest.fixture(autouse=True)
def production_answers(pooler):
    with load(pooler, clients=4, pause=0.05) as ledger:
        yield
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert ledger.transactions > 100


@pytest.fixture
def db01_victims(db01):
    with links.victims(db01):
        yield db01


def refused(name, inventory="production"):
    done = playbook(name, inventory=inventory)
    assert done.returncode != 0, done.stdout
    return " ".join(done.stdout.split())


def converges(name, inventory="production"):
    done = playbook(name, inventory=inventory)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("directory", "user", "name", "words"),
    [
        (f"{links.CONFIGURATION}/pg_replica2/conf.d", "postgres", "postgres", "conf.d is a link in a directory that others"),
        (links.METRICS, "prometheus", "s3_backup", "node-exporter already exists as a link"),
    ],
    ids=["configuration", "metrics"],
)  # fmt: skip
def test_a_directory_that_became_a_link(db01_victims, directory, user, name, words):
    with links.led_away(db01_victims, directory, user):
        before = links.state(db01_victims)
        said = refused(name)
        db01_victims.run("systemctl start machine-metrics.service")
        assert words in said
        assert links.state(db01_victims) == before
    db01_victims.check_output("systemctl start machine-metrics.service")
    converges(name)


@pytest.mark.parametrize("schema", CREATIONS)
def test_a_schema_that_staging_made_first(admin_sql, schema):
    """As where its database is older than the pool and the backups."""
    admin_sql(f"DROP SCHEMA {schema} CASCADE", database=STAGING)
    try:
        statements = [f"SET SESSION AUTHORIZATION {STAGING}", *database.made_first(schema, CREATIONS[schema])]
        admin_sql("; ".join(statements), database=STAGING)
        said = refused(schema, inventory="staging")
        assert f"the schema {schema} of the database {STAGING} belongs to somebody else" in said
        owner = f"SELECT nspowner::regrole FROM pg_namespace WHERE nspname = '{schema}'"
        assert admin_sql(owner, database=STAGING) == STAGING
    finally:
        admin_sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE", database=STAGING)
        converges(schema, inventory="staging")
