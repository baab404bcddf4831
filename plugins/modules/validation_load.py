#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validation_load
short_description: Puts a step of load on a site and on a database at the same time, and tells what its clients noticed
version_added: 0.1.0
description:
  - So many clients read and change rows through PgBouncer (C(pgbench)), and as many ask a site (C(curl), one for each visitor), for so
    many seconds. Each of them asks so often in a second at most, and waits for its answer.
  - The rows are in the schema C(plannerate_validation) of the database, which is there no longer than the module runs. Programs that it
    began end by themselves, even where it is killed.
  - A program that is not installed is told with its package, and its load left out.
options:
  clients:
    description: How many of each.
    type: int
    required: true
  seconds:
    description: For how long.
    type: int
    default: 10
  rate:
    description: What each client asks for in a second at most.
    type: int
    default: 10
  site:
    description: The site; without it only the database has load.
    type: dict
    suboptions:
      domain:
        description: Its name, which its certificate has.
        type: str
        required: true
      address:
        description: Where it is served, on port 443.
        type: str
        required: true
      path:
        description: What is asked for.
        type: str
        default: /up
      authority:
        description: The authority of the certificate, where it is no public one.
        type: str
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - plannerate.infra.validation
attributes:
  check_mode:
    support: full
    details: Does nothing, and tells nothing.
  diff_mode:
    support: none
  platform:
    platforms: posix
requirements:
  - psycopg2
seealso:
  - module: plannerate.infra.validation_ledger
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Eight clients
  plannerate.infra.validation_load:
    clients: 8
    connection: {host: 192.0.2.10, dbname: shop, user: shop, password: "{{ password }}", sslrootcert: /etc/ssl/machine/ca.crt}
    site: {domain: example.org, address: 192.0.2.20}
  become: true
"""

RETURN = r"""
database:
  description:
    - C(sent), C(failed), C(answered_percent), and C(p50), C(p95), C(p99) in milliseconds, of transactions through PgBouncer.
    - C(reason) alone where its program is not installed.
  type: dict
  returned: success, not in check mode
site:
  description: The same of answers of the site.
  type: dict
  returned: success, not in check mode, with O(site)
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._validation import load, scratch, step, workplace


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **scratch.argument_spec(),
            "clients": {"type": "int", "required": True},
            "seconds": {"type": "int", "default": 10},
            "rate": {"type": "int", "default": 10},
            "site": {
                "type": "dict",
                "options": {
                    "domain": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "path": {"type": "str", "default": "/up"},
                    "authority": {"type": "str"},
                },
            },
        },
        supports_check_mode=True,
    )
    scratch.require_psycopg2(module)
    params = module.params
    if module.check_mode:
        module.exit_json(changed=False)
    programs = {name: module.get_bin_path(name) for name in load.PACKAGES}
    conninfo = scratch.given(params["connection"])
    result: dict[str, Any] = {}
    try:
        with workplace.alone(params["directory"]), scratch.made(conninfo):
            result = step.run(programs, conninfo, params)
    except (scratch.ScratchError, workplace.Taken, OSError) as error:
        module.fail_json(msg=str(error))
    # What it wrote is gone again.
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
