# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with an environment that no inventory names any more, and what stays. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._removal import said
from ansible_collections.plannerate.infra.plugins.module_utils._removal.copies import copies, loaded_for
from ansible_collections.plannerate.infra.plugins.module_utils._removal.refusals import refusals, unreached
from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import Installed


class Request(TypedDict):
    """What the operator and the inventory say.

    ``own``: environments of this inventory. ``named``: those that any inventory names. ``named_databases``: databases of these. ``drop``:
    databases that may be dropped. ``volumes``, ``without_backup``, ``backup_key`` and ``unlisted`` hold the environment's name where the
    operator said so, else nothing. ``groups``: the machines of each group.
    """

    environment: str
    owned: bool
    limited: bool
    own: Sequence[str]
    named: Sequence[str]
    named_databases: Sequence[str]
    drop: Sequence[str]
    volumes: str
    without_backup: str
    backup_key: str
    unlisted: str
    groups: Mapping[str, Sequence[str]]


class Cluster(TypedDict):
    """``owners``: the owner of each database that the primary has. ``comments``: of those that a restore may have loaded. ``roles``: the
    roles that there are.
    """

    owners: Mapping[str, str]
    comments: Mapping[str, str | None]
    roles: Sequence[str]


class EnvironmentPlan(TypedDict):
    """``present``: its databases that there are; ``backup``: those of which a last backup is made. ``beside``: what else its roles own
    or may read, such as what restores left. ``logins``: roles that may not log in any more, before the backup that goes before a drop.
    ``roles``: roles that are dropped; with the last database also the one that makes the backups, ``dump_role``.
    ``databases`` and ``owners`` are remembered until nothing is left of it, ``finished``.
    """

    lines: list[str]
    problems: list[str]
    present: list[str]
    beside: list[str]
    backup: list[str]
    drop: list[str]
    logins: list[str]
    roles: list[str]
    dump_role: bool
    finished: bool
    databases: list[str]
    owners: list[str]
    kinds: list[str]


def environment_plan(request: Request, machines: Mapping[str, Installed], cluster: Cluster) -> EnvironmentPlan:
    """
    :arg machines: what each machine has, by its name.
    """
    name = request["environment"]
    own = [
        (machine, trace) for machine, has in machines.items() for trace in has["traces"] if trace["environment"] == name
    ]
    kinds = {trace["kind"] for _machine, trace in own}
    databases = _united(machines, "databases", name)
    present = [database for database in databases if database in cluster["owners"]]
    dropped = [database for database in request["drop"] if database in present]
    goes = dropped or {*said.GOES} & kinds
    backup = present if goes and "backups" in kinds and request["without_backup"] != name else []
    owners = list(
        dict.fromkeys([*_united(machines, "owners", name), *(cluster["owners"][database] for database in present)])
    )
    left = {*copies(databases, cluster["owners"]), *loaded_for(databases, cluster["comments"])}
    # Who owns another database as well belongs to somebody else too; what restores left is nobody else's.
    others = {role for database, role in cluster["owners"].items() if database not in {*databases} | left}
    own_roles = [role for role in owners if role not in others and role in cluster["roles"]]
    beside = [
        database
        for database, role in cluster["owners"].items()
        if database not in {*databases, *request["named_databases"]} and (database in left or role in owners)
    ]
    # No role can be dropped that something there depends on.
    all_go = not beside and not [database for database in present if database not in dropped]
    plan: EnvironmentPlan = {
        "lines": [],
        "problems": [*refusals(request, databases, present, kinds), *unreached(request, own)],
        "present": present,
        "beside": beside,
        "backup": backup,
        "drop": dropped,
        "logins": own_roles,
        "roles": own_roles if all_go else [],
        "dump_role": all_go,
        "finished": all_go
        and ("files" not in kinds or bool(request["volumes"]))
        and ("backups" not in kinds or bool(request["backup_key"])),
        "databases": databases,
        "owners": owners,
        "kinds": sorted(kinds),
    }
    plan["lines"] = [*said.goes(request, plan, own), *said.stays(request, plan, own)]
    if not own and not present:
        plan["lines"] = [f"nothing: {', '.join(machines)} have nothing of {name}"]
    return plan


def _united(machines: Mapping[str, Installed], key: str, environment: str) -> list[str]:
    found = (name for has in machines.values() for name in has[key].get(environment, []))  # type: ignore[literal-required]
    return list(dict.fromkeys(found))
