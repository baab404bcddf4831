# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_synchronous_standby_names
short_description: PostgreSQL's setting synchronous_standby_names
version_added: 0.1.0
description:
  - Makes the setting from the names of all members, the same on each of them, so that any of them can be the primary.
positional: mode, adopted_primary
options:
  _input:
    description: Names of the members.
    type: list
    elements: str
    required: true
  mode:
    description: V(quorum), one of the standbys must confirm a commit; V(all), every one of them; V(async), none.
    type: str
    choices: [quorum, all, async]
    required: true
  adopted_primary:
    description:
      - The answer of M(plannerate.infra.postgres_cluster_info) for a primary that is being adopted, whose standbys still follow it
        by the names that somebody else gave them. Their names are added; where the setting was empty, it stays so.
    type: dict
"""

EXAMPLES = r"""
- name: Show the setting of three members
  ansible.builtin.debug:
    msg: "{{ ['pg-main', 'pg-replica1', 'pg-replica2'] | plannerate.infra.postgres_synchronous_standby_names('quorum') }}"
"""

RETURN = r"""
_value:
  description: The setting, empty when no standby has to confirm.
  type: str
  sample: ANY 1 ("pg-main", "pg-replica1", "pg-replica2")
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import (
    standby_names,
    standby_names_during_adoption,
)


def postgres_synchronous_standby_names(
    members: Sequence[str], mode: str, adopted_primary: Mapping[str, Any] | None = None
) -> str:
    try:
        if adopted_primary is None:
            return standby_names(mode, members)
        before = adopted_primary["settings"]["synchronous_standby_names"]
        connected = [standby["application_name"] for standby in adopted_primary["synchronous"]]
        return standby_names_during_adoption(mode, members, before, connected)
    except ValueError as error:
        raise AnsibleFilterError(f"cannot tell which standbys confirm a commit: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_synchronous_standby_names": postgres_synchronous_standby_names}
