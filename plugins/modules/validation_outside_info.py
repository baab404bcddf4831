#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validation_outside_info
short_description: What a machine shows to the host that runs this
version_added: 0.1.0
description:
  - Connects to ports, and says which accept it; asks for C(/up) by HTTPS, and looks at the certificate, old versions of TLS and headers.
  - Sends no password and changes nothing. Run it on the controller, or on any other host that is a stranger to the machines.
options:
  closed:
    description: By a name for the report, the address of a machine and the ports of it that must not be reachable.
    type: dict
    default: {}
  edges:
    description: By the name of a site, the address at which it is served.
    type: dict
    default: {}
  authority:
    description: Certificate (PEM) of the authority of the sites' certificates. Empty for this host's own authorities.
    type: str
    default: ""
  timeout:
    description: Seconds for each connection.
    type: float
    default: 3
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
seealso:
  - module: plannerate.infra.validation_info
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Look from the controller
  plannerate.infra.validation_outside_info:
    closed:
      db01: {address: 192.0.2.10, ports: [5432, 6432]}
    edges:
      example.org: 192.0.2.20
  delegate_to: localhost
"""

RETURN = r"""
open:
  description: By the names of O(closed), the ports of each that accepted a connection.
  type: dict
  returned: success
edges:
  description: By the names of O(edges), C(days) that the certificate is valid, and C(problems).
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._validation.outside import open_ports, redirects, served


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "closed": {"type": "dict", "default": {}},
            "edges": {"type": "dict", "default": {}},
            "authority": {"type": "str", "default": ""},
            "timeout": {"type": "float", "default": 3},
        },
        supports_check_mode=True,
    )
    params = module.params
    seconds = params["timeout"]
    edges = {}
    for host, address in params["edges"].items():
        edges[host] = served(address, host, params["authority"], seconds)
        wrong = redirects(address, host, seconds)
        edges[host]["problems"] += [wrong] if wrong else []
    module.exit_json(
        changed=False,
        open={
            name: open_ports(machine["address"], map(int, machine["ports"]), seconds)
            for name, machine in params["closed"].items()
        },
        edges=edges,
    )


if __name__ == "__main__":
    main()
