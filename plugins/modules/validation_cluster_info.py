#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validation_cluster_info
short_description: When standbys can read a write, and which roles have a password that everybody tries
version_added: 0.1.0
description:
  - Writes one logical message of some bytes into the WAL of the primary, which no table shows, and asks each standby until it has
    replayed it. In check mode nothing is written, and nothing is told of reads.
  - Compares what the server stores of each role's password with well-known ones, and tells the roles' names alone.
options:
  expected:
    description: The standbys, as for M(plannerate.infra.postgres_replication_lag).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name that the standby has as C(application_name).
        type: str
        required: true
      unix_socket:
        description: Directory of the standby's Unix socket, where it is on this machine. Others are known from the primary.
        type: str
      port:
        description: Port of the standby; that of the primary when not given.
        type: int
  timeout:
    description: Seconds to wait for a standby.
    type: float
    default: 10
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - plannerate.infra.postgres
attributes:
  check_mode:
    support: partial
    details: RV(reads) is empty.
  diff_mode:
    support: none
notes:
  - Needs a superuser, who alone may read what is stored of passwords.
seealso:
  - module: plannerate.infra.postgres_replication_lag
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Write, and read on the standbys
  plannerate.infra.validation_cluster_info:
    login_unix_socket: /var/run/postgresql
    expected: "{{ members | plannerate.infra.postgres_expected_standbys('pg-main', '/var/run/postgresql') }}"
  become: true
  become_user: postgres
"""

RETURN = r"""
reads:
  description: By standby, C(seconds) until it had replayed the write, or C(error).
  type: dict
  returned: success
weak_roles:
  description: Roles that may log in with a password that everybody tries.
  type: list
  elements: str
  returned: success
server_version:
  description: The primary's release.
  type: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import (
    Session,
    SessionError,
    login_argument_spec,
    require_psycopg2,
)
from ansible_collections.plannerate.infra.plugins.module_utils._validation.passwords import weak_roles
from ansible_collections.plannerate.infra.plugins.module_utils._validation.reads import read_after_write

ROLES = "SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin"


def main() -> None:
    spec = login_argument_spec()
    spec.update(
        expected={
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "unix_socket": {"type": "str"},
                "port": {"type": "int"},
            },
        },
        timeout={"type": "float", "default": 10},
    )
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    require_psycopg2(module)
    params = module.params
    try:
        primary = Session(params)
        verifiers = {row["rolname"]: row["rolpassword"] for row in primary.rows(ROLES)}
        version = str(primary.row("SELECT current_setting('server_version') AS version")["version"]).split()[0]
        reads = {} if module.check_mode else read_after_write(primary, params, params["expected"], params["timeout"])
    except SessionError as error:
        module.fail_json(msg=f"cannot ask the primary on port {params['login_port']}: {error}")
    module.exit_json(changed=False, reads=reads, weak_roles=weak_roles(verifiers), server_version=version)


if __name__ == "__main__":
    main()
