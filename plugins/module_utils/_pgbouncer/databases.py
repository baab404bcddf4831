# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each pool has to point, as rows of PgBouncer's ``SHOW DATABASES``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict


class Target(TypedDict):
    """The server that a pool connects to."""

    host: str
    port: int


class Row(Target):
    """A pool of this inventory's environment; its keys are columns of ``SHOW DATABASES``."""

    database: str
    pool_mode: str
    pool_size: int
    max_connections: int


class Databases(TypedDict):
    # Pools of this inventory's environment, by name.
    own: dict[str, Row]
    # Pools of other environments on the primary: only where they point is known here.
    foreign: dict[str, Target]
    # The environments of those that point elsewhere.
    displaced: list[str]


def databases(
    pools: Iterable[Mapping[str, Any]],
    environment: str,
    targets: Mapping[str, Target],
    present: Mapping[str, Mapping[str, str]] | None,
) -> Databases:
    """What the pools have to be, and which of them do not point to the primary.

    :arg pools: as given by :func:`.pools.pools`.
    :arg environment: the environment that this inventory has.
    :arg targets: where a pool's ``target`` (``primary`` or ``replicas``) is.
    :arg present: rows of ``SHOW DATABASES`` by name; None while PgBouncer does not answer.
    """
    present = present or {}
    primary = targets["primary"]
    result: Databases = {"own": {}, "foreign": {}, "displaced": []}
    for pool in pools:
        name = pool["name"]
        if pool["environment"] == environment:
            result["own"][name] = {
                **targets[pool["target"]],
                "database": pool["database"],
                "pool_mode": pool["pool_mode"],
                "pool_size": pool["pool_size"],
                "max_connections": pool["size"],
            }
        elif pool["target"] == "primary" and name in present:
            result["foreign"][name] = primary
            elsewhere = (present[name]["host"], int(present[name]["port"])) != (primary["host"], int(primary["port"]))
            if elsewhere and pool["environment"] not in result["displaced"]:
                result["displaced"].append(pool["environment"])
    return result
