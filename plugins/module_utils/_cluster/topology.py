# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is the primary, decided from what every member answered, never from the inventory's order.

Pure: takes the instances as M(plannerate.infra.postgres_cluster_info) describes them and returns a decision, or the reasons for
none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Optional, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster import undecided
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.following import Following, following
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import (
    Instance,
    InstanceState,
    Role,
    unknown_instance,
)
from ansible_collections.plannerate.infra.plugins.module_utils._postgres import versions as releases

# States in which nobody can say what the member holds.
SILENT: tuple[InstanceState, ...] = ("unreachable", "unresponsive")

# By member name. A member that is missing, or None, was not reachable.
Instances = Mapping[str, Optional[Instance]]

TopologyRole = Literal["primary", "standby", "absent", "aside"]


class Topology(TypedDict):
    """A decision; without a primary there are errors.

    ``roles``: absent is to be cloned, aside is to be left as it is. ``standbys``, ``absent`` and ``aside`` are the names that
    have this role. ``following`` has every member but the primary, and is empty without one.
    """

    primary: str | None
    first_run: bool
    system_identifier: str | None
    roles: dict[str, TopologyRole]
    following: dict[str, Following]
    standbys: list[str]
    absent: list[str]
    aside: list[str]
    errors: list[str]
    warnings: list[str]


class _Choice(NamedTuple):
    primary: str | None
    first_run: bool = False
    errors: Sequence[str] = ()


def decide(
    members: Sequence[Member],
    instances: Instances,
    rebuild: Iterable[str] = (),
    unreachable: Mapping[str, str] | None = None,
) -> Topology:
    """The cluster's topology.

    :arg rebuild: names of members whose missing data directory may be filled by a new base backup.
    :arg unreachable: what was said when a machine could not be reached, by the machine's name.
    """
    cluster = Cluster(members, instances, set(rebuild), unreachable or {})
    errors = cluster.data_errors() + cluster.identity_errors()
    choice = _Choice(None, errors=errors) if errors else cluster.choose_primary()
    follows = following(members, instances, choice.primary) if choice.primary and not choice.first_run else {}
    roles = cluster.roles(choice.primary, follows)
    return {
        "primary": choice.primary,
        "first_run": choice.first_run,
        "system_identifier": cluster.system_identifier(),
        "roles": roles,
        "following": follows,
        "standbys": [name for name, role in roles.items() if role == "standby"],
        "absent": [name for name, role in roles.items() if role == "absent"],
        "aside": [name for name, role in roles.items() if role == "aside"],
        "errors": list(choice.errors),
        "warnings": cluster.warnings(choice.primary, follows),
    }


class Cluster:
    """The members, and the instance that stands for each."""

    def __init__(
        self, members: Sequence[Member], instances: Instances, rebuild: Collection[str], unreachable: Mapping[str, str]
    ) -> None:
        self.members = {member["name"]: member for member in members}
        self.instances = {
            name: instances.get(name) or unknown_instance("unreachable", "its machine is unreachable")
            for name in self.members
        }
        self.rebuild = rebuild
        self.unreachable = unreachable
        self.silent = self._in_state(*SILENT)
        self.with_data = self._in_state("running", "stopped")
        self.without_data = self._in_state("no_data", "incomplete")

    def _in_state(self, *states: InstanceState) -> list[str]:
        return [name for name, instance in self.instances.items() if instance["state"] in states]

    def data_errors(self) -> list[str]:
        """Data directories that are not what they should be, or not where they should be."""
        errors = []
        if self.version() in releases.OUTDATED and len(self.without_data) == len(self.members):
            errors.append(
                f"postgres_version is {self.version()}, which gets no fixes any more, and there is no cluster yet: {releases.EXPECTED}"
            )
        for name, instance in self.instances.items():
            member = self.members[name]
            directory, machine = member["data_directory"], member["machine"]
            if instance["state"] == "incomplete" and instance.get("data_present"):
                errors.append(
                    f"{name}: {directory} on {machine} holds files but is no PostgreSQL data directory "
                    f"({instance.get('detail')}); expected it empty or complete. Look at it, then move it away"
                )
            if instance["state"] == "no_data" and instance.get("detail"):
                errors.append(f"{name}: {directory} on {machine} {instance['detail']}")
            elif name in self.without_data and instance.get("marker") and name not in self.rebuild:
                errors.append(
                    f"{name}: {directory} on {machine} is empty, but the member was initialised before "
                    f"(system identifier {instance['marker']}); an unmounted disk looks like this. Mount it, or, if the "
                    f'data is really gone, run again with -e \'{{"postgres_rebuild": ["{name}"]}}\''
                )
            version = instance.get("version")
            if name in self.with_data and version and int(version) != member["version"]:
                errors.append(
                    f"{name}: {directory} on {machine} holds PostgreSQL {version}, the inventory says "
                    f"{member['version']}. Set postgres_version to {version}; a converge never upgrades a major release"
                )
        return errors

    def identity_errors(self) -> list[str]:
        """Members of different clusters under one inventory group."""
        clusters: dict[str | None, list[str]] = {}
        for name in self.with_data:
            clusters.setdefault(self.instances[name].get("system_identifier"), []).append(name)
        if len(clusters) > 1:
            return [
                "the members belong to different clusters: "
                + "; ".join(f"{', '.join(names)} has system identifier {key}" for key, names in clusters.items())
                + ". Expected one for all. Move away the data directory that does not belong here"
            ]
        return [
            f"{name}: its data directory has system identifier {self.instances[name]['system_identifier']}, but it was "
            f"initialised with {self.instances[name]['marker']}. Expected the same: is the right disk mounted?"
            for name in self.with_data
            if self.instances[name].get("marker")
            and self.instances[name]["marker"] != self.instances[name]["system_identifier"]
        ]

    def choose_primary(self) -> _Choice:
        writable = [name for name in self.with_data if self._is(name, "running", "primary")]
        if len(writable) > 1:
            return _Choice(None, errors=[undecided.split_brain(self, writable)])
        if writable:
            return self._only_if_newest(writable[0])
        if self.silent:
            return _Choice(None, errors=[undecided.nobody_known(self)])
        if not self.with_data:
            return self._first_run()
        stopped = [name for name in self.with_data if self._is(name, "stopped", "primary")]
        if len(stopped) == 1 and len(self.with_data) == 1 and not self.rebuild:
            # Initialised, then interrupted before its first start: nobody else can have newer data.
            return _Choice(stopped[0])
        return _Choice(None, errors=[undecided.no_primary(self, stopped)])

    def _first_run(self) -> _Choice:
        initial = [name for name, member in self.members.items() if member["initial_role"] == "primary"]
        rebuilt = [name for name in self.without_data if self.instances[name].get("marker")]
        if rebuilt:
            return _Choice(
                None,
                errors=[
                    f"postgres_rebuild names {', '.join(rebuilt)}, but no member has data to rebuild it from. "
                    "Restore the cluster from its backups; a converge never initialises a cluster that existed"
                ],
            )
        return _Choice(initial[0], first_run=True)

    def _only_if_newest(self, primary: str) -> _Choice:
        timeline = self.instances[primary].get("timeline") or 0
        newer = [name for name in self.with_data if (self.instances[name].get("timeline") or 0) > timeline]
        if newer:
            return _Choice(
                None,
                errors=[
                    f"{primary} is writable on timeline {timeline}, but {undecided.figures(self, newer)}: a newer primary existed. "
                    f"Stop {primary} before it takes more writes, then run the failover playbook or start the newer one"
                ],
            )
        return _Choice(primary)

    def roles(self, primary: str | None, follows: Mapping[str, Following]) -> dict[str, TopologyRole]:
        result: dict[str, TopologyRole] = {}
        for name in self.members:
            if name == primary:
                result[name] = "primary"
            elif name in self.silent or self._is(name, "stopped", "primary"):
                # A stopped former primary would come up writable.
                result[name] = "aside"
            elif primary and self.may_have_diverged(name, primary, follows):
                result[name] = "aside"
            elif name in self.with_data:
                result[name] = "standby"
            else:
                result[name] = "absent"
        return result

    def may_have_diverged(self, name: str, primary: str, follows: Mapping[str, Following]) -> bool:
        """Whether a member would, or could, connect to the primary and confirm commits that it does not have.

        Of a stopped standby nobody knows how far its WAL reaches. It matters where the primary has left that timeline.
        """
        verdict = follows[name]["verdict"] if name in follows else None
        is_older = (self.instances[name].get("timeline") or 0) < (self.instances[primary].get("timeline") or 0)
        return verdict == "diverged" or (verdict == "not running" and self._is(name, "stopped", "standby") and is_older)

    def system_identifier(self) -> str | None:
        return next((self.instances[name].get("system_identifier") for name in self.with_data), None)

    def version(self) -> int:
        """The major release, which all members have."""
        return next(iter(self.members.values()))["version"]

    def warnings(self, primary: str | None, follows: Mapping[str, Following]) -> list[str]:
        warnings = []
        if self.version() in releases.OUTDATED:
            warnings.append(
                f"PostgreSQL {self.version()} gets no fixes any more, {releases.EXPECTED}. Plan a move to a newer major release"
            )
        for name in self.silent:
            warnings.append(f"{name} does not answer ({self.instances[name].get('detail')}): left as it is")
        for name in self.with_data:
            overrides = self.instances[name].get("auto_conf")
            if overrides:
                warnings.append(
                    f"{name}: postgresql.auto.conf overrides {', '.join(overrides)}; "
                    "ALTER SYSTEM RESET what should follow the inventory"
                )
            if primary and self.may_have_diverged(name, primary, follows):
                found = follows[name]
                warnings.append(
                    f"{name} {'is diverged' if found['verdict'] == 'diverged' else 'may be diverged'} from {primary}: {found['reason']}, "
                    f"timeline {self.instances[name].get('timeline')}. It is left as it is: the rejoin playbook makes it a standby again"
                )
            errors = self.instances[name].get("configuration_errors")
            if errors:
                warnings.append(f"{name}: its configuration has errors: {'; '.join(errors)}")
            if primary and name != primary and self._is(name, "stopped", "primary"):
                warnings.append(
                    f"{name} is stopped and was a primary; {primary} is the primary now. It is left stopped: "
                    "the rejoin playbook makes it a standby"
                )
        return warnings

    def _is(self, name: str, state: InstanceState, role: Role) -> bool:
        return self.instances[name]["state"] == state and self.instances[name].get("role") == role
