# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with an environment that no inventory names any more, what stays, and when its removal is refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._removal.copies import copies, drop, loaded_for
from ansible_collections.plannerate.infra.plugins.module_utils._removal.leftovers import LISTED
from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import Installed, Trace

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
# What the machines have for themselves stands beside what environments have, by these names.
_RESERVED = ("machine", "traefik")
# The group whose machines lose what is of this kind.
_GROUPS = {
    "routes": "docker_hosts",
    "stack": "docker_hosts",
    "files": "docker_hosts",
    "pools": "pgbouncers",
    "timers": "s3_backups",
    "backups": "s3_backups",
}
# In the order in which they go: nobody is told of what is missing on purpose, and no client is left at a door that leads nowhere.
_GOES = {
    "expectations": "what the monitoring expects of it",
    "probes": "its probes",
    "routes": "Traefik's file with its routes",
    "stack": "its containers and networks",
    "pools": "its pools in PgBouncer",
    "timers": "the timers of its backups and drills",
}


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
    goes = dropped or {*_GOES} & kinds
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
        "problems": [*_problems(request, databases, present, kinds), *_unreached(request, own)],
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
    gone = [
        f"{_GOES[kind]}: {trace['path']} on {machine}"
        for kind in _GOES
        for machine, trace in own
        if trace["kind"] == kind
    ]
    kept = [(machine, trace["path"]) for machine, trace in own if trace["kind"] == "files"]
    plan["lines"] = [*_goes(request, plan, gone, kept), *_stays(request, plan, kept)]
    if not own and not present:
        plan["lines"] = [f"nothing: {', '.join(machines)} have nothing of {name}"]
    return plan


def _united(machines: Mapping[str, Installed], key: str, environment: str) -> list[str]:
    found = (name for has in machines.values() for name in has[key].get(environment, []))  # type: ignore[literal-required]
    return list(dict.fromkeys(found))


def _problems(request: Request, databases: Sequence[str], present: Sequence[str], kinds: set[str]) -> Iterator[str]:
    name = request["environment"]
    if not _NAME.fullmatch(name):
        yield f"remove_environment is {name!r}, expected the name of an environment: -e remove_environment=<environment>"
        return
    if name in _RESERVED:
        yield f"remove_environment is {name}, which the machines have for themselves. Expected the name of an environment"
        return
    if not request["owned"]:
        yield (
            f"{name} was not removed: the machines belong to another inventory (machine_owned is false here). Run this playbook with "
            "the inventory that owns them"
        )
    if request["limited"]:
        yield f"{name} was not removed: found --limit, expected none, since an environment has something on every machine"
    if name in request["own"]:
        yield (
            f"{name} was not removed: it is this inventory's own environment. Expected another one: what owns the machines and the cluster "
            "is not removed from them"
        )
    elif name in request["named"]:
        yield (
            f"{name} was not removed: the inventory still names it, and a converge would make it again. Expected it gone from "
            "docker_host_environments and pgbouncer_environments. Take it out there, then run this again"
        )
    elif kinds and not LISTED & kinds and request["unlisted"] != name:
        yield (
            f"{name} was not removed: no machine has a stack, routes or pools of it, so it may be that of an inventory that has none, and "
            f"live. Found of it: {', '.join(sorted(kinds))}. If nobody needs it, say -e remove_unlisted={name}"
        )
    for database in request["drop"]:
        if database in request["named_databases"]:
            yield f"remove_database names {database}, which an environment of this inventory has. Expected one of {name} alone"
        # Where nothing is left of it, it went before.
        elif database not in databases and (kinds or databases):
            yield f"remove_database names {database}, expected one of {name}: {', '.join(databases) or 'it has none'}"
    shared = [database for database in databases if database in request["named_databases"]]
    if shared and not {*shared} & {*request["drop"]}:
        yield (
            f"{name} was not removed: its database {', '.join(shared)} is one of another environment in this inventory. Expected that "
            "nobody else has it. Correct postgres_primary_databases or pgbouncer_environments"
        )
    for word, value in (
        ("remove_volumes", request["volumes"]),
        ("remove_without_backup", request["without_backup"]),
        ("remove_backup_key", request["backup_key"]),
        ("remove_unlisted", request["unlisted"]),
    ):
        if value not in ("", name):
            yield f"{word} is {value}, expected {name}, the environment that is removed, or nothing"
    if request["without_backup"] != name and present and "backups" not in kinds and request["drop"]:
        yield (
            f"{', '.join(request['drop'])} would go without a last backup, since {name} has no backup job on any machine. Make a dump "
            f"by hand, then say -e remove_without_backup={name}"
        )


def _unreached(request: Request, own: Sequence[tuple[str, Trace]]) -> Iterator[str]:
    """What no step would reach, the last backup among it."""
    for machine, trace in own:
        group = _GROUPS.get(trace["kind"])
        if group and machine not in request["groups"].get(group, []):
            yield (
                f"{request['environment']} was not removed: {machine} has {trace['path']}, but is not in the group {group} of the inventory"
                f". Expected it there, since else this stays. Put {machine} into {group}, and run this again"
            )


def _goes(
    request: Request, plan: EnvironmentPlan, gone: Sequence[str], kept: Sequence[tuple[str, str]]
) -> Iterator[str]:
    if plan["backup"]:
        yield f"first: one more backup of {', '.join(plan['backup'])}, which has to be listed before anything goes"
    yield from (f"goes: {line}" for line in gone)
    if kept and request["volumes"]:
        yield from (f"goes: its files and volumes, UPLOADS INCLUDED: {path} on {machine}" for machine, path in kept)
    if plan["logins"] and not plan["roles"]:
        yield f"goes: the login of {', '.join(plan['logins'])}"
    if plan["drop"]:
        again = " after one more backup" if plan["backup"] else " WITHOUT a last backup"
        yield f"goes: the database {', '.join(plan['drop'])},{again}"
    if plan["roles"]:
        yield f"goes: the role {', '.join(plan['roles'])}, and the one that makes the backups"
    if request["backup_key"]:
        yield f"goes: the configuration and THE KEY of its backups, which nobody can read on the machine then: {_backups(request)}"


def _stays(request: Request, plan: EnvironmentPlan, kept: Sequence[tuple[str, str]]) -> Iterator[str]:
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
            for machine, path in kept
        )
    if "backups" in plan["kinds"] and not request["backup_key"]:
        yield (
            f"stays: the configuration and the key of its backups, {_backups(request)}, for a restore. To remove them: "
            f"-e remove_backup_key={name}"
        )
    yield "stays: the backups in the bucket, and its secrets in the credentials file"


def _backups(request: Request) -> str:
    return f"/etc/plannerate-backup/{request['environment']}"
