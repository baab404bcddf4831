# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is the primary, decided from what every member answered, never from the inventory's order.

Pure: takes the answers of M(plannerate.infra.postgres_cluster_info) and returns a decision, or the reasons for none.
"""

from __future__ import annotations

# States in which nobody can say what the member holds.
SILENT = ("unreachable", "unresponsive")


def decide(members, answers, rebuild=()):
    """The cluster's topology.

    :arg members: list of dicts as given by ``members.members_of``.
    :arg answers: mapping of member name to its answer; a member that is missing here was not reachable.
    :arg rebuild: names of members whose missing data directory may be filled by a new base backup.
    :returns: dict with ``primary`` (name or None), ``standbys``, ``absent`` (to be cloned), ``aside`` (to be left as they
        are), ``first_run``, ``system_identifier``, ``roles`` (name to primary, standby, absent or aside), ``errors`` and
        ``warnings``.
    """
    answers = {member["name"]: answers.get(member["name"]) or _unreachable() for member in members}
    view = _View(members, answers, set(rebuild))
    errors = view.data_errors() + view.identity_errors()
    primary, first_run = None, False
    if not errors:
        primary, first_run, errors = view.primary()
    roles = view.roles(primary)
    return {
        "primary": primary,
        "first_run": first_run,
        "system_identifier": view.system_identifier(),
        "roles": roles,
        "standbys": [name for name, role in roles.items() if role == "standby"],
        "absent": [name for name, role in roles.items() if role == "absent"],
        "aside": [name for name, role in roles.items() if role == "aside"],
        "errors": errors,
        "warnings": view.warnings(primary),
    }


class _View:
    def __init__(self, members, answers, rebuild):
        self.members = {member["name"]: member for member in members}
        self.answers = answers
        self.rebuild = rebuild
        self.silent = [name for name, answer in answers.items() if answer["state"] in SILENT]
        self.with_data = [name for name, answer in answers.items() if answer["state"] in ("running", "stopped")]
        self.without_data = [name for name, answer in answers.items() if answer["state"] in ("no_data", "incomplete")]

    def data_errors(self):
        """Data directories that are not what they should be, or not where they should be."""
        found = []
        for name, answer in self.answers.items():
            member = self.members[name]
            directory, machine = member["data_directory"], member["machine"]
            if answer["state"] == "incomplete" and answer.get("data_present"):
                found.append(
                    f"{name}: {directory} on {machine} holds files but is no PostgreSQL data directory "
                    f"({answer.get('detail')}); expected it empty or complete. Look at it, then move it away"
                )
            if answer["state"] in ("no_data", "incomplete") and answer.get("marker") and name not in self.rebuild:
                found.append(
                    f"{name}: {directory} on {machine} is empty, but the member was initialised before "
                    f"(system identifier {answer['marker']}); an unmounted disk looks like this. Mount it, or, if the "
                    f'data is really gone, run again with -e \'{{"postgres_rebuild": ["{name}"]}}\''
                )
            version = answer.get("version")
            if name in self.with_data and version and int(version) != member["version"]:
                found.append(
                    f"{name}: {directory} on {machine} holds PostgreSQL {version}, the inventory says "
                    f"{member['version']}. Set postgres_version to {version}; a converge never upgrades a major release"
                )
        return found

    def identity_errors(self):
        """Members of different clusters under one inventory group."""
        found = {}
        for name in self.with_data:
            found.setdefault(self.answers[name].get("system_identifier"), []).append(name)
        if len(found) > 1:
            return [
                "the members belong to different clusters: "
                + "; ".join(f"{', '.join(names)} has system identifier {key}" for key, names in found.items())
                + ". Expected one for all. Move the data directory that does not belong here away"
            ]
        return [
            f"{name}: its data directory has system identifier {self.answers[name]['system_identifier']}, but it was "
            f"initialised with {self.answers[name]['marker']}. Expected the same: is the right disk mounted?"
            for name in self.with_data
            if self.answers[name].get("marker")
            and self.answers[name]["marker"] != self.answers[name]["system_identifier"]
        ]

    def primary(self):
        """(primary, first run, errors); the primary is None when there is an error."""
        writable = [name for name in self.with_data if self._is(name, "running", "primary")]
        if len(writable) > 1:
            return None, False, [self._split_brain(writable)]
        if writable:
            return self._only_if_newest(writable[0])
        if self.silent:
            return None, False, [self._nobody_known()]
        if not self.with_data:
            return self._first_run()
        stopped = [name for name in self.with_data if self._is(name, "stopped", "primary")]
        if len(stopped) == 1 and len(self.with_data) == 1 and not self.rebuild:
            # Initialised, then interrupted before its first start: nobody else can have newer data.
            return stopped[0], False, []
        return None, False, [self._no_primary(stopped)]

    def _first_run(self):
        initial = [name for name, member in self.members.items() if member["initial_role"] == "primary"]
        rebuilt = [name for name in self.without_data if self.answers[name].get("marker")]
        if rebuilt:
            return (
                None,
                False,
                [
                    f"postgres_rebuild names {', '.join(rebuilt)}, but no member has data to rebuild it from. "
                    "Restore the cluster from its backups; a converge never initialises a cluster that existed"
                ],
            )
        return initial[0], True, []

    def _only_if_newest(self, primary):
        timeline = self.answers[primary].get("timeline") or 0
        newer = [name for name in self.with_data if (self.answers[name].get("timeline") or 0) > timeline]
        if newer:
            return (
                None,
                False,
                [
                    f"{primary} is writable on timeline {timeline}, but {self._figures(newer)}: a newer primary existed. "
                    f"Stop {primary} before it takes more writes, then run the failover playbook or start the newer one"
                ],
            )
        return primary, False, []

    def roles(self, primary):
        result = {}
        for name in self.members:
            if name == primary:
                result[name] = "primary"
            elif name in self.silent or self._is(name, "stopped", "primary"):
                # A stopped former primary would come up writable.
                result[name] = "aside"
            elif name in self.with_data:
                result[name] = "standby"
            else:
                result[name] = "absent"
        return result

    def system_identifier(self):
        return next((self.answers[name].get("system_identifier") for name in self.with_data), None)

    def warnings(self, primary):
        found = []
        for name in self.silent:
            found.append(f"{name} does not answer ({self.answers[name].get('detail')}): left as it is")
        for name in self.with_data:
            answer = self.answers[name]
            if answer.get("auto_conf"):
                found.append(
                    f"{name}: postgresql.auto.conf overrides {', '.join(answer['auto_conf'])}; "
                    "ALTER SYSTEM RESET what should follow the inventory"
                )
            if answer.get("configuration_errors"):
                found.append(f"{name}: its configuration has errors: {'; '.join(answer['configuration_errors'])}")
            if primary and name != primary and self._is(name, "stopped", "primary"):
                found.append(
                    f"{name} is stopped and was a primary; {primary} is the primary now. It is left stopped: "
                    "the rejoin playbook makes it a standby"
                )
        return found

    def _is(self, name, state, role):
        return self.answers[name]["state"] == state and self.answers[name].get("role") == role

    def _figures(self, names):
        return ", ".join(
            f"{name} ({self.answers[name]['state']} {self.answers[name].get('role') or 'unknown'}, timeline "
            f"{self.answers[name].get('timeline')}, LSN "
            f"{self.answers[name].get('replay_lsn') or self.answers[name].get('lsn')})"
            for name in names
        )

    def _split_brain(self, writable):
        return (
            f"{len(writable)} members take writes: {self._figures(writable)}. Expected one. Nothing was changed. Decide "
            "which one holds the data to keep (the newer timeline is the one promoted last), stop the other "
            "(systemctl stop postgresql@VERSION-CLUSTER on its machine), then run the rejoin playbook for it"
        )

    def _nobody_known(self):
        silent = ", ".join(f"{name} ({self.answers[name].get('detail')})" for name in self.silent)
        return (
            f"no primary is known and {silent} cannot be asked: one of them may be it. Expected every member to answer. "
            "Bring it back, or run the failover playbook if it is gone for good"
        )

    def _no_primary(self, stopped):
        if len(stopped) == 1:
            member = self.members[stopped[0]]
            remedy = (
                f"start it (systemctl start postgresql@{member['version']}-{member['cluster']} on {member['machine']}), "
                "or run the failover playbook if it cannot come back"
            )
        else:
            remedy = "run the failover playbook, which picks the member with the most WAL"
        return f"no member takes writes: {self._figures(self.with_data)}. Expected one primary. Next: {remedy}"


def _unreachable():
    return {"state": "unreachable", "role": None, "detail": "its machine is unreachable"}
