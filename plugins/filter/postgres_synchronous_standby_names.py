# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_synchronous_standby_names
short_description: PostgreSQL's setting synchronous_standby_names, for each member
version_added: 0.1.0
description:
  - Makes the setting of each member, so that any of them can be the primary. A member's list has the members of other machines alone
    where these are more than have to confirm a commit, else all others.
positional: mode, count, adopted_primary, uncloned, running, following
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  mode:
    description: V(quorum), O(count) of the standbys must confirm a commit; V(all), every one of them; V(async), none.
    type: str
    choices: [quorum, all, async]
    required: true
  count:
    description: How many standbys must confirm a commit with V(mode=quorum).
    type: int
    default: 1
  adopted_primary:
    description:
      - The answer of M(plannerate.infra.postgres_cluster_info) for a primary that is being adopted, whose standbys still follow it
        by the names that somebody else gave them. Their names are added; where the setting was empty, it stays so.
    type: dict
  uncloned:
    description:
      - Names of members that have no data yet, or were left aside. Those that are not in O(running) either are new, and confirm nothing
        until they are cloned. One that is in O(running) has lost its data or is down, and is waited for as before.
    type: list
    elements: str
    default: []
  running:
    description: The setting that the primary runs with.
    type: str
    default: ''
  following:
    description:
      - C(following) as given by P(plannerate.infra.postgres_topology#filter). One that does not follow and is not in O(running) is new
        too, such as one whose run ended after it was cloned and before it started.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the setting of pg-main
  ansible.builtin.debug:
    msg: "{{ (members | plannerate.infra.postgres_synchronous_standby_names('quorum'))['pg-main'] }}"
"""

RETURN = r"""
_value:
  description: The setting by the member's name, empty when no standby has to confirm.
  type: dict
  sample: {"pg-main": 'ANY 1 ("pg-replica1", "pg-replica2")'}
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.following import Following
from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import (
    standby_names,
    standby_names_during_adoption,
    without_new,
)


def postgres_synchronous_standby_names(
    members: Sequence[Member],
    mode: str,
    count: int = 1,
    adopted_primary: Mapping[str, Any] | None = None,
    uncloned: Sequence[str] = (),
    running: str = "",
    following: Mapping[str, Following] | None = None,
) -> dict[str, str]:
    apart = [name for name, found in (following or {}).items() if not found["follows"]]
    machines = without_new({member["name"]: member["machine"] for member in members}, [*uncloned, *apart], running)
    try:
        if adopted_primary is None:
            return standby_names(mode, machines, int(count))
        before = adopted_primary["settings"]["synchronous_standby_names"]
        connected = [standby["application_name"] for standby in adopted_primary["synchronous"]]
        setting = standby_names_during_adoption(mode, list(machines), before, connected, int(count))
        return dict.fromkeys(machines, setting)
    except ValueError as error:
        raise AnsibleFilterError(f"cannot tell which standbys confirm a commit: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_synchronous_standby_names": postgres_synchronous_standby_names}
