# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As many connections as staging's application can open, all at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from support.helpers.pooler import Pooler

SESSIONS = 150
STAGING = "plannerate_staging"


def staging_of(pooler: Pooler) -> Pooler:
    """The same PgBouncer, as staging's application uses it."""
    return replace(pooler, database=STAGING, owner=STAGING)


@contextlib.contextmanager
def flooded(pooler: Pooler, clients: int) -> Iterator[dict[str, dict[str, Any]]]:
    """Sessions directly, from a machine that may; sessions through the session pool; clients of the pool. All at once, and held."""
    staging = staging_of(pooler)
    with (
        staging.held(SESSIONS, client=pooler.machine, port=5432) as direct,
        staging.held(SESSIONS, transactions=1, dbname=f"{staging.database}_session") as sessions,
        staging.held(clients) as pooled,
    ):
        yield {"directly": direct, "whole sessions": sessions, "clients": pooled}
