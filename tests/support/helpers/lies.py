# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random histories of backups, and what an honest store's rotation deletes of them."""

from __future__ import annotations

import contextlib
import random
from datetime import datetime, timedelta
from functools import cache

from support.helpers.bucket import Bucket, stored

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.catalogue import listing
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.retention import policy as retention

POLICY = {"daily": 2, "weekly": None, "monthly": None, "verified": 1, "minimum_age_hours": 24, "orphan_grace_hours": 48}
STATES = ["verified"] * 5 + ["good"] * 3 + ["damaged", "missing", "orphan"]


@cache
def _one(now: datetime, days: int, state: str, database: str) -> dict[str, bytes]:
    return stored(now - timedelta(days=days), f"{days:08x}", database=database, state=state)


def history(choice: random.Random, now: datetime) -> dict[str, bytes]:
    """The contents of a bucket."""
    contents: dict[str, bytes] = {}
    for days in choice.sample(range(120), choice.randint(2, 6)):
        contents.update(_one(now, days, choice.choice(STATES), choice.choice(["shop", "shop", "blog"])))
    return contents


def states(contents: dict[str, bytes]) -> dict[str, retention.Backup]:
    return {found.directory: found for found in listing.backups(Bucket(contents), "production")}


def rightly_gone(found: dict[str, retention.Backup], now: datetime) -> set[str]:
    """What an honest store's rotation deletes at this moment, were it not for the second look.

    :arg found: what states gave.
    """
    gone: set[str] = set()
    noted = dict.fromkeys(found, now - retention.SECOND_LOOK)
    for database in ("shop", "blog"):
        mine = [one for one in found.values() if one.database == database]
        # A database that is refused keeps the others too, which is no rule about those.
        with contextlib.suppress(Refused):
            gone |= {one.backup.directory for one in retention.plan(mine, POLICY, now, noted=noted).delete}
    return gone
