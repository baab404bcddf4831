#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: installed_info
short_description: Which environments and PostgreSQL members a machine has
version_added: 0.1.0
description:
  - Tells them by the files that the roles wrote on the machine, whatever an inventory names. Compared with the inventory, it shows what
    is left of environments and members that went.
  - Reads only.
options:
  stacks:
    description: Directory of the environments' stacks, C(docker_host_base_directory).
    type: path
    default: /opt/stacks
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
notes:
  - Needs root, since not everybody may read these files.
seealso:
  - module: plannerate.infra.postgres_cluster_info
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Ask the machine which environments and members it has
  plannerate.infra.installed_info:
    stacks: /opt/stacks
  become: true
"""

RETURN = r"""
traces:
  description: What the machine has of environments, each with C(environment), C(kind) and C(path).
  type: list
  elements: dict
  returned: success
  sample:
    - {environment: staging, kind: pools, path: /etc/pgbouncer/environments/staging.ini}
databases:
  description: Names of databases by environment, as far as its files tell.
  type: dict
  returned: success
  sample: {staging: [shop_staging]}
owners:
  description: Names of the owners of these databases by environment, where its removal was begun.
  type: dict
  returned: success
  sample: {staging: [shop_staging]}
members:
  description: The PostgreSQL instances that the role postgres set up or adopted.
  type: list
  elements: dict
  returned: success
  sample:
    - name: pg-replica2
      cluster: pg_replica2
      slot: pg_replica2
      version: 15
      port: 5434
      data_directory: /var/lib/postgresql/15/pg_replica2
      system_identifier: "7577243587823849617"
      running: true
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._removal.traces import installed


def main() -> None:
    module = AnsibleModule(
        argument_spec={"stacks": {"type": "path", "default": "/opt/stacks"}}, supports_check_mode=True
    )
    try:
        found = installed(module.params["stacks"])
    except PermissionError as error:
        module.fail_json(msg=f"{error.filename} may not be read: run this as root (become)")
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
