# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_standby_files
short_description: The configuration that lets each PostgreSQL member follow each other one
version_added: 0.1.0
description:
  - Makes the content of C(conf.d/60-standby.conf) for every pair of members. A converge writes the one that follows the current
    primary; M(plannerate.infra.postgres_promote) takes them all.
positional: login
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  login:
    description:
      - How the replication role logs in. A dict with C(user), C(passfile) (path of a password file) and C(ca_certificate) (path of
        the certificate authority's certificate).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write how pg-replica1 follows pg-main
  ansible.builtin.copy:
    content: "{{ (members | plannerate.infra.postgres_standby_files(login))['pg-main']['pg-replica1'] }}"
    dest: /etc/postgresql/15/pg_replica1/conf.d/60-standby.conf
    owner: postgres
    group: postgres
    mode: "0644"
  vars:
    login: {user: replicator, passfile: /var/lib/postgresql/.passfile, ca_certificate: /etc/ssl/machine/ca.crt}
"""

RETURN = r"""
_value:
  description: Content of the file, by the name of the primary and then of the standby.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import standby_files


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_standby_files": standby_files}
