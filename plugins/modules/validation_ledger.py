#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validation_ledger
short_description: Commits through PgBouncer, and tells what of what was acknowledged is lost
version_added: 0.1.0
description:
  - With V(state=written) clients commit a small row each few milliseconds, until the file C(stop) is in O(directory), or for
    O(seconds). The file C(began) is there once the first commit was acknowledged.
  - What was acknowledged to them is kept outside the database, and looked for in it afterwards.
  - The rows are in the schema C(plannerate_validation) of the database, which is there no longer than the module runs.
  - With V(state=absent) it ends a module that still runs, and removes a schema that was left by one that was killed. A schema of that
    name that something else made is refused.
  - For a task with C(async), while something else changes who the primary is.
options:
  state:
    description: Whether rows are written, or what is left of them is removed.
    type: str
    choices: [written, absent]
    default: written
  clients:
    description: How many commit at the same time.
    type: int
    default: 4
  seconds:
    description: How long they commit at most.
    type: int
    default: 180
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - plannerate.infra.validation
attributes:
  check_mode:
    support: full
    details: Does nothing, and tells of no commits.
  diff_mode:
    support: none
  platform:
    platforms: posix
requirements:
  - psycopg2
seealso:
  - module: plannerate.infra.validation_load
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Commit meanwhile
  plannerate.infra.validation_ledger:
    connection: {host: 192.0.2.10, dbname: shop, user: shop, password: "{{ password }}", sslrootcert: /etc/ssl/machine/ca.crt}
  async: 300
  poll: 0
  become: true
"""

RETURN = r"""
commits:
  description: Commits that were acknowledged.
  type: int
  returned: with V(state=written), not in check mode
failures:
  description: Transactions that failed. What became of them is not known.
  type: int
  returned: with V(state=written), not in check mode
errors:
  description: Up to five different ones.
  type: list
  elements: str
  returned: with V(state=written), not in check mode
stopped_seconds:
  description: The longest time in which no commit was acknowledged.
  type: float
  returned: with V(state=written), not in check mode
longest_seconds:
  description: What the slowest transaction took.
  type: float
  returned: with V(state=written), not in check mode
lost:
  description: Acknowledged commits that the database does not have.
  type: int
  returned: with V(state=written), not in check mode
was_told_to_stop:
  description: Whether it went on until it was told to stop, and not for O(seconds) alone.
  type: bool
  returned: with V(state=written), not in check mode
"""

import contextlib
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._validation import ledger, scratch, workplace

# One that is told to stop has looked for its rows by then.
PATIENCE = 150


def written(params: dict[str, Any], conninfo: dict[str, Any]) -> ledger.Summary:
    directory = params["directory"]
    with workplace.alone(directory), scratch.made(conninfo):
        return ledger.run(
            conninfo,
            params["clients"],
            params["seconds"],
            lambda: workplace.is_to_stop(directory),
            lambda: workplace.say_that_it_began(directory),
        )


def absent(params: dict[str, Any], conninfo: dict[str, Any]) -> bool:
    was_there = workplace.end(params["directory"], PATIENCE)
    with contextlib.closing(scratch.connect(conninfo)) as connection:
        return scratch.remove(connection) or was_there


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **scratch.argument_spec(),
            "state": {"type": "str", "choices": ["written", "absent"], "default": "written"},
            "clients": {"type": "int", "default": 4},
            "seconds": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    scratch.require_psycopg2(module)
    conninfo = scratch.given(module.params["connection"])
    if module.check_mode:
        module.exit_json(changed=False)
    try:
        if module.params["state"] == "absent":
            module.exit_json(changed=absent(module.params, conninfo))
        result = written(module.params, conninfo)
    except (scratch.ScratchError, workplace.Taken, OSError) as error:
        module.fail_json(msg=str(error))
    # What it wrote is gone again.
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
