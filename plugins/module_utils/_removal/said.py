# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The removal of an environment in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ansible_collections.plannerate.infra.plugins.module_utils._removal.copies import drop

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._removal.environment import EnvironmentPlan, Request
    from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import Trace

# In the order in which they go: nobody is told of what is missing on purpose, and no client is left at a door that leads nowhere.
GOES = {
    "expectations": "what the monitoring expects of it",
    "probes": "its probes",
    "routes": "Traefik's file with its routes",
    "stack": "its containers and networks",
    "pools": "its pools in PgBouncer",
    "timers": "the timers of its backups and drills",
}


def goes(request: Request, plan: EnvironmentPlan, own: Sequence[tuple[str, Trace]]) -> Iterator[str]:
    if plan["backup"]:
        yield f"first: one more backup of {', '.join(plan['backup'])}, which has to be listed before anything goes"
    for kind in GOES:
        yield from (
            f"goes: {GOES[kind]}: {trace['path']} on {machine}" for machine, trace in own if trace["kind"] == kind
        )
    if request["volumes"]:
        yield from (
            f"goes: its files and volumes, UPLOADS INCLUDED: {path} on {machine}" for machine, path in _files(own)
        )
    if plan["logins"] and not plan["roles"]:
        yield f"goes: the login of {', '.join(plan['logins'])}"
    if plan["drop"]:
        again = " after one more backup" if plan["backup"] else " WITHOUT a last backup"
        yield f"goes: the database {', '.join(plan['drop'])},{again}"
    if plan["roles"]:
        yield f"goes: the role {', '.join(plan['roles'])}, and the one that makes the backups"
    if request["backup_key"]:
        yield f"goes: the configuration and THE KEY of its backups, which nobody can read on the machine then: {_backups(request)}"


def stays(request: Request, plan: EnvironmentPlan, own: Sequence[tuple[str, Trace]]) -> Iterator[str]:
    name = request["environment"]
    for database in plan["present"]:
        if database not in plan["drop"]:
            yield f"stays: the database {database}. To drop it: -e remove_database={database}"
    for database in plan["beside"]:
        yield (
            f"stays: the database {database}, of the same owner or left by a restore, and the roles, which it depends on. If nobody "
            f"needs it, as postgres on the primary: {drop(database)}. Then run this again"
        )
    if plan["drop"]:
        yield from (
            f"stays: the login of {role}, who owns another database too. What it writes to {', '.join(plan['drop'])} after the last backup "
            "is lost: stop it first"
            for role in plan["owners"]
            if role not in plan["logins"]
        )
    if not request["volumes"]:
        yield from (
            f"stays: {path} on {machine}, and the volumes. To remove both: -e remove_volumes={name}"
            for machine, path in _files(own)
        )
    if "backups" in plan["kinds"] and not request["backup_key"]:
        yield (
            f"stays: the configuration and the key of its backups, {_backups(request)}, for a restore. To remove them: "
            f"-e remove_backup_key={name}"
        )
    yield "stays: the backups in the bucket, and its secrets in the credentials file"


def _backups(request: Request) -> str:
    return f"/etc/plannerate-backup/{request['environment']}"


def _files(own: Sequence[tuple[str, Trace]]) -> list[tuple[str, str]]:
    return [(machine, trace["path"]) for machine, trace in own if trace["kind"] == "files"]
