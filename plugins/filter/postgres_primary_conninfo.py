# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_primary_conninfo
short_description: The connection on which a PostgreSQL standby follows a primary
version_added: 0.1.0
description:
  - Makes a connection string of libpq, for C(primary_conninfo), C(pg_basebackup) and C(pg_rewind). It verifies the server's
    certificate and holds no password.
positional: standby, login
options:
  _input:
    description: The primary, one of the members that P(plannerate.infra.postgres_members#filter) gives.
    type: dict
    required: true
  standby:
    description: Name of the standby.
    type: str
    required: true
  login:
    description:
      - How the replication role logs in. A dict with C(user), C(passfile) (path of a password file) and C(ca_certificate) (path of
        the certificate authority's certificate).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Try the connection
  ansible.builtin.command:
    argv: [psql, "{{ conninfo }} replication=true", --command=IDENTIFY_SYSTEM]
  changed_when: false
  vars:
    login: {user: replicator, passfile: /var/lib/postgresql/.passfile, ca_certificate: /etc/ssl/machine/ca.crt}
    conninfo: "{{ members | first | plannerate.infra.postgres_primary_conninfo('pg-replica1', login) }}"
"""

RETURN = r"""
_value:
  description: The connection string.
  type: str
  sample: host=db01 hostaddr=198.51.100.7 port=5432 user=replicator application_name=pg-replica1 …
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.conninfo import primary_conninfo


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_primary_conninfo": primary_conninfo}
