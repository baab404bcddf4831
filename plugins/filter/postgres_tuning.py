# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_tuning
short_description: PostgreSQL settings from the size of the machine
version_added: 0.1.0
description:
  - Computes memory, WAL, checkpoint and parallelism settings of one member and divides what the machine has among its
    members. The source of each formula stands beside it in C(plugins/module_utils/_cluster/tuning.py).
positional: cpus, disk_mb, members, max_connections
options:
  _input:
    description: Memory that all members of the machine may use together, in MiB.
    type: int
    required: true
  cpus:
    description: Processors of the machine.
    type: int
    required: true
  disk_mb:
    description: Size of the filesystem that holds the data directory, in MiB.
    type: int
    required: true
  members:
    description: How many members share the machine.
    type: int
    required: true
  max_connections:
    description: Client connections that the member accepts.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show the settings of one of three members on a machine of 16 GiB
  ansible.builtin.debug:
    msg: "{{ 16384 | plannerate.infra.postgres_tuning(cpus=8, disk_mb=200000, members=3, max_connections=150) }}"
"""

RETURN = r"""
_value:
  description: Settings by their PostgreSQL names; sizes are strings with PostgreSQL's units.
  type: dict
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.tuning import Settings, tune


def postgres_tuning(
    memory_mb: int | str, cpus: int | str, disk_mb: int | str, members: int | str, max_connections: int | str
) -> Settings:
    try:
        return tune(int(memory_mb), int(cpus), int(disk_mb), int(members), int(max_connections))
    except ValueError as error:
        raise AnsibleFilterError(f"cannot compute PostgreSQL settings: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_tuning": postgres_tuning}
