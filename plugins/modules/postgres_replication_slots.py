#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_replication_slots
short_description: Reconciles all replication slots of a PostgreSQL server
version_added: 0.1.0
description:
  - Creates the listed slots that do not exist, compares those that do, and drops unlisted ones that a policy names.
  - Nothing is dropped on a guess. An active slot, a listed one, a temporary one, one synchronised from the primary and one
    whose name does not match O(managed_pattern) always stay; each slot is checked again right before it is dropped.
  - If anything is wrong with the request, or a listed slot differs from the existing one of its name, nothing is changed.
options:
  slots:
    description: The slots that have to exist.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the slot, of C(a-z), C(0-9) and C(_).
        type: str
        required: true
      type:
        description: Kind of the slot. Logical ones on a standby need PostgreSQL 16.
        type: str
        choices: [physical, logical]
        default: physical
      plugin:
        description: Output plugin of a logical slot.
        type: str
      database:
        description: Database of a logical slot.
        type: str
      two_phase:
        description: Whether a logical slot decodes prepared transactions. Needs PostgreSQL 14.
        type: bool
        default: false
      immediately_reserve:
        description: Whether a new physical slot keeps WAL from now on, rather than from its first use on.
        type: bool
        default: true
  managed_pattern:
    description:
      - Regular expression that the whole name of an unlisted slot has to match before it may be dropped.
      - Without it nothing is dropped.
    type: str
  purge:
    description: Which unlisted slots go. Nothing goes when it is not given; one reason is enough.
    type: dict
    suboptions:
      unlisted:
        description: Every one, since its standby is no more.
        type: bool
        default: false
      lost:
        description: Slots whose WAL was removed.
        type: bool
        default: false
      max_retained_bytes:
        description: Inactive slots that keep more bytes of WAL than this.
        type: int
      max_inactive_seconds:
        description: Slots that have been inactive for longer than this. Needs PostgreSQL 17.
        type: int
  max_drops:
    description:
      - If more slots than this would be dropped, none is, and the task fails with their names.
      - Slots that are made anew because of O(recreate_lost) do not count.
    type: int
    default: 1
  recreate_lost:
    description:
      - Listed slots whose standby is being rebuilt. Those of them that are lost are dropped and created again.
      - A lost listed slot that is not named here stays, with a warning, since its standby would silently miss WAL.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - plannerate.infra.postgres
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
seealso:
  - module: community.postgresql.postgresql_slot
  - module: plannerate.infra.postgres_cluster_info
"""

EXAMPLES = r"""
- name: One slot for each standby, and none for standbys that are no more
  plannerate.infra.postgres_replication_slots:
    slots:
      - name: pg_replica1
      - name: pg_replica2
    managed_pattern: pg_[a-z0-9_]+
    purge:
      lost: true
      max_retained_bytes: 10737418240
  become: true
  become_user: postgres

- name: Make the slot of a standby anew while that standby is rebuilt
  plannerate.infra.postgres_replication_slots:
    login_port: 5433
    slots:
      - name: pg_replica1
    recreate_lost: [pg_replica1]
  become: true
  become_user: postgres
"""

RETURN = r"""
created:
  description: Slots that were created, or would be in check mode, each with V(name), V(type) and V(reason).
  returned: always
  type: list
  elements: dict
dropped:
  description: Slots that were dropped, or would be in check mode.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the slot.
      type: str
    reason:
      description: Why it went; in RV(kept), why it stayed.
      type: str
    type:
      description: V(physical) or V(logical).
      type: str
    active:
      description: Whether somebody streams from it.
      type: bool
    wal_status:
      description: PostgreSQL's word for whether its WAL is still there.
      type: str
    retained_bytes:
      description: Bytes of WAL that it keeps. Null when it keeps none.
      type: int
    inactive_seconds:
      description: Seconds since it was last active. Null when it is active, and before PostgreSQL 17.
      type: float
recreated:
  description: Lost slots that were dropped and created again, with the same keys.
  returned: always
  type: list
  elements: dict
kept:
  description: Slots that stayed as they are, with the same keys.
  returned: always
  type: list
  elements: dict
lost:
  description: The listed ones among RV(kept) from which nobody can stream any more.
  returned: always
  type: list
  elements: dict
queries:
  description: The statements that changed something, or would in check mode.
  returned: always
  type: list
  elements: str
  sample: ["SELECT pg_create_physical_replication_slot('pg_replica1', true)"]
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import (
    Session,
    SessionError,
    login_argument_spec,
    require_psycopg2,
)
from ansible_collections.plannerate.infra.plugins.module_utils._replication import slot_queries
from ansible_collections.plannerate.infra.plugins.module_utils._replication.slot_plan import (
    COMPARED,
    ListedSlot,
    NewSlot,
    PlanRefused,
    Policy,
    ServerFacts,
    Slot,
    SlotWithReason,
    Steps,
    drop_reason,
    plan,
    recreate_reason,
)


class SlotServer:
    """The server's slots, and the one session per database in which they are changed."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.sessions: dict[str, Session] = {}
        self.facts: ServerFacts = self.session().row(slot_queries.SERVER)

    def session(self, database: str | None = None) -> Session:
        database = database or self.params["login_db"]
        if database not in self.sessions:
            self.sessions[database] = Session(self.params, database)
        return self.sessions[database]

    def slots(self, name: str | None = None, database: str | None = None) -> list[Slot]:
        return self.session(database).rows(slot_queries.slots_query(self.facts["version"]), {"name": name})

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()


class Result(TypedDict):
    changed: bool
    created: list[NewSlot]
    dropped: list[SlotWithReason]
    recreated: list[SlotWithReason]
    kept: list[SlotWithReason]
    lost: list[SlotWithReason]
    queries: list[str]


class Reconciliation:
    """The plan being carried out; what it did so far is its result at any moment."""

    def __init__(
        self, server: SlotServer, policy: Policy, desired: Sequence[ListedSlot], steps: Steps, dry: bool
    ) -> None:
        self.server, self.policy, self.steps, self.dry = server, policy, steps, dry
        self.desired = {slot["name"]: slot for slot in desired}
        self.result: Result = {
            "changed": False,
            "created": [],
            "dropped": [],
            "recreated": [],
            "kept": list(steps["keep"]),
            "lost": steps["lost"],
            "queries": [],
        }

    def run(self) -> None:
        # Drops first: they make room below max_replication_slots.
        for slot in self.steps["drop"]:
            self._replace("dropped", slot, lambda now: drop_reason(now, self.policy))
        for slot in self.steps["recreate"]:
            self._replace("recreated", slot, recreate_reason, self.desired[slot["name"]])
        for new in self.steps["create"]:
            self._execute(slot_queries.create(new, self.server.facts["version"]), new["database"])
            self.result["created"].append(new)
            self.result["changed"] = True

    def _replace(
        self,
        key: Literal["dropped", "recreated"],
        slot: SlotWithReason,
        reason: Callable[[Slot], str | None],
        successor: ListedSlot | None = None,
    ) -> None:
        """Drops a slot that still has a reason to go, and creates its successor."""
        if not self.dry:
            current = self.server.slots(slot["name"], slot["database"])
            if not current or not reason(current[0]):
                self.result["kept"] += [{**now, "reason": "no longer a reason to drop it"} for now in current]
                return
        self._execute(slot_queries.drop(slot), slot["database"])
        if successor:
            self._execute(slot_queries.create(successor, self.server.facts["version"]), successor["database"])
        self.result[key].append(slot)
        self.result["changed"] = True

    def _execute(self, query: str, database: str | None) -> None:
        if not self.dry:
            self.server.session(database).rows(query)
            self.result["changed"] = True
        self.result["queries"].append(query)

    def diff(self, actual: Sequence[Slot]) -> dict[str, dict[str, dict[str, object]]]:
        gone = {slot["name"] for slot in self.result["dropped"]}
        before = {slot["name"]: _shown(slot, slot["wal_status"]) for slot in actual}
        after = {name: slot for name, slot in before.items() if name not in gone}
        after.update({slot["name"]: _shown(slot, None) for slot in self.result["created"]})
        after.update({slot["name"]: _shown(slot, "reserved") for slot in self.result["recreated"]})
        return {"before": dict(sorted(before.items())), "after": dict(sorted(after.items()))}


def _shown(slot: ListedSlot | Slot, wal_status: str | None) -> dict[str, object]:
    shown: dict[str, object] = {key: slot[key] for key in COMPARED if slot[key]}
    return {**shown, "wal_status": "lost"} if wal_status == "lost" else shown


def run(module: AnsibleModule, server: SlotServer) -> None:
    params = module.params
    listed: list[ListedSlot] = params["slots"]
    desired: list[ListedSlot] = [
        {**slot, "plugin": slot["plugin"] or None, "database": slot["database"] or None} for slot in listed
    ]
    policy: Policy = params
    actual = server.slots()
    try:
        steps = plan(desired, actual, policy, server.facts)
    except PlanRefused as refusal:
        module.fail_json(msg=str(refusal))
    reconciliation = Reconciliation(server, policy, desired, steps, module.check_mode)
    try:
        reconciliation.run()
    except SessionError as error:
        module.fail_json(msg=f"stopped at a statement that failed: {error}", **reconciliation.result)
    for slot in steps["lost"]:
        module.warn(
            f"replication slot {slot['name']} is lost: its standby cannot catch up through it. Rebuild that standby, with "
            "the slot in recreate_lost"
        )
    module.exit_json(diff=reconciliation.diff(actual), **reconciliation.result)


def main() -> None:
    spec = login_argument_spec()
    spec.update(
        slots={
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "type": {"type": "str", "choices": ["physical", "logical"], "default": "physical"},
                "plugin": {"type": "str"},
                "database": {"type": "str"},
                "two_phase": {"type": "bool", "default": False},
                "immediately_reserve": {"type": "bool", "default": True},
            },
        },
        managed_pattern={"type": "str"},
        purge={
            "type": "dict",
            "options": {
                "unlisted": {"type": "bool", "default": False},
                "lost": {"type": "bool", "default": False},
                "max_retained_bytes": {"type": "int"},
                "max_inactive_seconds": {"type": "int"},
            },
        },
        max_drops={"type": "int", "default": 1},
        recreate_lost={"type": "list", "elements": "str", "default": []},
    )
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    require_psycopg2(module)
    try:
        server = SlotServer(module.params)
    except SessionError as error:
        module.fail_json(msg=f"cannot ask the server on port {module.params['login_port']}: {error}")
    try:
        run(module, server)
    except SessionError as error:
        module.fail_json(msg=f"cannot read the replication slots: {error}")
    finally:
        server.close()


if __name__ == "__main__":
    main()
