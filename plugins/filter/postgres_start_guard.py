# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_start_guard
short_description: What the start guard on a machine is told of the PostgreSQL members
version_added: 0.1.0
description:
  - The start guard keeps a former primary from coming up writable beside a newer one. It asks the other members before it lets a
    member start, and this is what it has to know of them.
positional: machine, login, synchronous
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  machine:
    description: Name of the machine that the guard is on.
    type: str
    required: true
  login:
    description:
      - How the replication role logs in. A dict with C(user), C(passfile) (path of a password file) and C(ca_certificate) (path of
        the certificate authority's certificate).
    type: dict
    required: true
  synchronous:
    description:
      - C(synchronous_standby_names) of each member, by its name, as the inventory has it. The guard takes the stricter one of this and
        of what the member's files say.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the start guard's configuration
  ansible.builtin.copy:
    content: "{{ {'members': guarded, 'start_without_peers': false, 'timeout': 300} | to_nice_json }}"
    dest: /etc/postgresql-common/start-guard.json
    mode: "0644"
  vars:
    login: {user: replicator, passfile: /var/lib/postgresql/.passfile, ca_certificate: /etc/ssl/machine/ca.crt}
    synchronous: {pg-main: 'ANY 1 ("pg-replica1")', pg-replica1: 'ANY 1 ("pg-main")'}
    guarded: "{{ members | plannerate.infra.postgres_start_guard(inventory_hostname, login, synchronous) }}"
"""

RETURN = r"""
_value:
  description:
    - One dict for each member with C(name), C(instance) (its unit of systemd behind the V(@)), C(version), C(local) (whether it is on
      the machine), C(machine), C(address), C(port), C(data_directory), C(config_directory), C(conninfo) and
      C(synchronous_standby_names).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.start_guard import guarded_members


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_start_guard": guarded_members}
