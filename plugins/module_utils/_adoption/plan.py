# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that somebody else set up: which they are, and what of them stays as it was. Pure.

Takes the instances as M(plannerate.infra.postgres_cluster_info) describes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ansible_collections.plannerate.infra.plugins.module_utils._cluster import restarts
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance

# By member name; a member that is missing was not reachable.
Instances = Mapping[str, Instance]

# Where the member's files are, and whom it follows: the role writes these settings into files of their own.
LOCATION_SETTINGS = (
    "data_directory",
    "hba_file",
    "external_pid_file",
    "port",
    "primary_slot_name",
    "recovery_target_timeline",
)


def foreign(instances: Instances) -> list[str]:
    """Names of the members that have data and were not set up by this collection."""
    return [name for name, instance in instances.items() if instance.get("managed") is False and has_data(instance)]


def has_data(instance: Instance | None) -> bool:
    return instance is not None and instance["state"] in ("running", "stopped", "unresponsive")


def rules(instances: Instances, name: str) -> list[str]:
    """The access rules that stay in force on a member: its own, then those that only others have.

    Any member may be the primary one day, and clients need their rule there too.
    """
    lines: dict[str, str] = {}
    for instance in (instances[name], *instances.values()):
        for line in instance.get("adopted_rules") or []:
            lines.setdefault(" ".join(line.split()), line)
    return list(lines.values())


def kept_settings(instance: Instance, managed: Collection[str]) -> dict[str, str]:
    """Settings of the member's own files that this collection does not set, by name.

    :arg managed: names that it sets.
    """
    settings = instance.get("file_settings") or {}
    return {
        name: value for name, value in sorted(settings.items()) if name not in managed and name not in LOCATION_SETTINGS
    }


def overrides(instance: Instance, managed: Collection[str]) -> list[str]:
    """Names in C(postgresql.auto.conf) that would win over what this collection sets."""
    names = (*managed, *LOCATION_SETTINGS, "primary_conninfo")
    return [name for name in instance.get("auto_conf") or [] if name in names]


def plan(member: Member, instances: Instances, settings: Mapping[str, object]) -> dict[str, str | list[str]]:
    """What adopting this member would do, as a mapping from a heading to sentences or names.

    :arg settings: settings that this collection sets, by name.
    """
    instance = instances[member["name"]]
    before = instance.get("file_settings") or {}
    running = instance.get("restart_settings") or {}
    waiting = [
        f"{name}: {shown} becomes {settings[name]}" for name, shown in restarts.waiting(settings, running).items()
    ]
    return {
        "member": f"{member['name']} is {location(member)}, a running {instance['role']}",
        "keeps": f"data, passwords, {len(rules(instances, member['name']))} rules of pg_hba.conf before the collection's own",
        "keeps settings": list(kept_settings(instance, settings)),
        "changes settings": [
            f"{name}: {before[name]} becomes {value}"
            for name, value in sorted(settings.items())
            if name in before and name not in running and not _same(before[name], value)
        ],
        "resets in postgresql.auto.conf": overrides(instance, settings),
        "waits for a restart": waiting,
        "keeps the files as they were": f"{member['config_directory']}/adopted",
    }


def location(member: Member) -> str:
    return f"{member['version']}/{member['cluster']} on {member['machine']}:{member['port']}"


def _same(before: object, after: object) -> bool:
    return str(before).lower() == str(after).lower()
