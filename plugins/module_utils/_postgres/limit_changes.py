# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes when roles get other connection limits, beside the sessions that they have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import RoleConnections

UNLIMITED = -1


class LimitChanges(TypedDict):
    # Connections of each role, as far as it gets a limit now.
    connections: dict[str, int]
    # Sentences.
    changes: list[str]
    errors: list[str]


def limit_changes(
    wanted: Mapping[str, int], present: Mapping[str, RoleConnections], decided: Iterable[str] = ()
) -> LimitChanges:
    """A limit below the sessions of a role would keep its next client out, so it waits, or is refused where there was none.

    :arg wanted: the limits by the roles' names.
    :arg present: what the roles that exist may have and have.
    :arg decided: roles whose limit the inventory names itself.
    """
    found: LimitChanges = {"connections": {}, "changes": [], "errors": []}
    named = set(decided)
    for role, new in wanted.items():
        old, sessions = (present[role]["limit"], present[role]["sessions"]) if role in present else (new, 0)
        found["connections"][role] = new
        if old == new:
            continue
        text = f"{role}: {'no limit' if old == UNLIMITED else old} to {new} connections, {sessions} sessions now"
        if sessions <= new or role in named or UNLIMITED < old < new:
            found["changes"].append(text)
        elif old == UNLIMITED:
            found["errors"].append(
                f"{text}: new sessions would be refused. Expected no more than the role's pools in PgBouncer take, and "
                "pgbouncer_direct_connections. Connect through PgBouncer, end sessions, make the pools larger, or set the limit itself: "
                "connections in postgres_primary_databases. Where the pools were just made smaller, run playbooks/pgbouncer.yml first"
            )
        else:
            found["connections"][role] = old
            found["changes"].append(f"{text}: the limit stays until a run finds no more than {new} sessions")
    return found
