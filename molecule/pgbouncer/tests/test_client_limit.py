# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer 1.24 refuses the clients of an environment beyond its share, in all of its pools together."""

from __future__ import annotations

import contextlib

FILE = "/etc/pgbouncer/environments/sample.ini"


@contextlib.contextmanager
def at_most(pooler, clients):
    pooler.machine.check_output(f"sed -i.kept 's/=1950$/={clients}/' {FILE} && systemctl reload pgbouncer")
    try:
        yield
    finally:
        pooler.machine.check_output(f"mv {FILE}.kept {FILE} && systemctl reload pgbouncer")


def allowed(pooler):
    return {row["name"]: row["max_user_client_connections"] for row in pooler.console("USERS")}[pooler.owner]


def test_the_only_environment_has_nearly_all_clients(pooler):
    assert allowed(pooler) == "1950"


def test_clients_beyond_the_limit_are_refused_by_name(pooler):
    with at_most(pooler, 30), pooler.held(20), pooler.held(20, dbname="sample_ro") as answer:
        assert allowed(pooler) == "30"
        refused = pooler.psql("SELECT 1", dbname="sample_session")
        assert "max_user_client_connections" in refused.stderr
    assert answer["connected"] == 10, answer
    assert pooler.psql("SELECT 1").stdout.strip() == "1"
