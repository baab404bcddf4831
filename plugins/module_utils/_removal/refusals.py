# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an environment is not removed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ansible_collections.plannerate.infra.plugins.module_utils._removal.leftovers import LISTED

if TYPE_CHECKING:
    from ansible_collections.plannerate.infra.plugins.module_utils._removal.environment import Request
    from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import Trace

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


def refusals(request: Request, databases: Sequence[str], present: Sequence[str], kinds: set[str]) -> Iterator[str]:
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


def unreached(request: Request, own: Sequence[tuple[str, Trace]]) -> Iterator[str]:
    """What no step would reach, the last backup among it."""
    for machine, trace in own:
        group = _GROUPS.get(trace["kind"])
        if group and machine not in request["groups"].get(group, []):
            yield (
                f"{request['environment']} was not removed: {machine} has {trace['path']}, but is not in the group {group} of the inventory"
                f". Expected it there, since else this stays. Put {machine} into {group}, and run this again"
            )
