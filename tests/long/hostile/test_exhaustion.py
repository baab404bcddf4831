# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Staging opens 150 sessions and 2,500 clients at once: production does not become slower, and nothing of it fails."""

from __future__ import annotations

import time

import pytest
from support.helpers.ledger import load
from support.helpers.pooler import answers
from support.hostile.flood import SESSIONS, flooded, staging_of

SECONDS = 30
CLIENTS = 2500
SLOWER = 1.2
# The first release that counts the clients of one user. Before it, all of max_client_conn are whose who comes first: what fewer clients
# do to the others can be told there as well.
CLIENT_LIMITS_SINCE = (1, 24)
CLIENTS_WITHOUT_LIMIT = 1500


@pytest.fixture(scope="module")
def staging(pooler):
    return staging_of(pooler)


@pytest.fixture
def limited(pooler):
    return pooler.version() >= CLIENT_LIMITS_SINCE


def show(flood):
    print({kind: (answer["connected"], answer["errors"]) for kind, answer in flood.items()})


def gets_in(pooler):
    """A new client of each pool."""
    return {suffix: answers(pooler, dbname=f"{pooler.database}{suffix}") for suffix in ("", "_ro", "_session")}


ALL_IN = {"": True, "_ro": True, "_session": True}


def median(pooler):
    """Of production's transactions, in seconds, from its application's side. None may fail, none may be lost."""
    with load(pooler, clients=4, pause=0.02) as ledger:
        time.sleep(SECONDS)
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    assert ledger.transactions > 100
    return ledger.median_wait


def test_production_is_as_fast_as_alone(pooler, limited):
    before = median(pooler)
    with flooded(pooler, CLIENTS if limited else CLIENTS_WITHOUT_LIMIT) as flood:
        during = median(pooler)
        found = gets_in(pooler)
    show(flood)
    print(f"median of production's transactions: {before} s alone, {during} s beside the flood")
    assert flood["directly"]["connected"] < SESSIONS, "the flood reached its limit"
    assert found == ALL_IN
    assert during <= before * SLOWER


def test_nothing_of_production_fails_while_the_flood_comes_and_goes(pooler, staging, limited):
    """As far as it was connected before; where clients can be limited, new ones get in as well. Elsewhere it is only shown."""
    with load(pooler, clients=4, pause=0.05) as ledger, flooded(pooler, CLIENTS) as flood:
        time.sleep(SECONDS)
        found = gets_in(pooler)
    show(flood)
    print(f"longest wait of production: {ledger.longest_wait} s; new clients: {found}")
    assert (ledger.failed, ledger.lost) == (0, []), ledger.errors
    refusals = " ".join(error for error, _count in flood["clients"]["errors"])
    assert ("max_user_client_connections" if limited else "max_client_conn") in refusals
    assert found == ALL_IN or not limited
    assert gets_in(pooler) == gets_in(staging) == ALL_IN, "all is well afterwards"
