# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand clients at once share a pool of 25 server connections."""

from __future__ import annotations

CLIENTS = 1000


def test_a_thousand_clients_at_once(pooler):
    allowed = int(pooler.pool(pooler.database)["max_connections"])
    assert allowed == 25
    with pooler.watched() as (most, samples):
        answer = pooler.flood(CLIENTS, transactions=3)
    assert answer["errors"] == []
    assert (answer["connected"], answer["finished"]) == (CLIENTS, CLIENTS)
    assert samples[0] >= 5, "the console was not asked often enough"
    # On a busy machine, one process does not keep all of the pool busy.
    assert 5 <= most[pooler.database] <= allowed, most
    print(f"through PgBouncer: {answer}; at most {most[pooler.database]} server connections in {samples[0]} samples")


def test_the_same_number_directly_is_refused(pooler):
    """Shown beside it: what the pool is for. The role's limit is reached long before that of the server, which others need too."""
    answer = pooler.flood(CLIENTS, transactions=3, port=5432, client=pooler.machine)
    assert answer["finished"] < CLIENTS
    assert any("too many connections for role" in error for error, _count in answer["errors"]), answer
    print(f"directly: {answer}")
