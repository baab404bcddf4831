#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_info
short_description: Which certificate authorities a machine trusts, and of which one its certificates are
version_added: 0.1.0
description:
  - Reads the machine's files, and asks its servers for the certificates that they show.
  - Reads only.
options:
  directory:
    description: Where the machine's certificates and C(ca.crt) are, C(machine_tls_directory).
    type: path
    required: true
  authority_directory:
    description: Where the authority keeps its keys, C(machine_ca_directory). On other machines it is not there.
    type: path
    required: true
  servers:
    description: Ports of this machine's servers that speak PostgreSQL's protocol, by the names under which they are returned.
    type: dict
    default: {}
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
requirements:
  - cryptography
notes:
  - Needs root where it is to read the authority's directory.
  - Each authority is returned as its key identifier, as M(community.crypto.x509_certificate_info) writes it.
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Ask which authorities the machine trusts
  plannerate.infra.trust_info:
    directory: /etc/ssl/machine
    authority_directory: /root/ca
    servers: {pg-main: 5432, PgBouncer: 6432}
  become: true
"""

RETURN = r"""
trusted:
  description: The authorities in C(ca.crt), in its order.
  type: list
  elements: str
  returned: success
  sample: ["8a:1f:22"]
certificates:
  description: The authority of each certificate of the machine.
  type: dict
  returned: success
  sample: {machine: "8a:1f:22"}
served:
  description: The authority of the certificate that each server shows, null where it shows none.
  type: dict
  returned: success
  sample: {pg-main: "8a:1f:22", PgBouncer: null}
authorities:
  description: The authorities that this machine keeps, by the names of their files without the ending.
  type: dict
  returned: success
  sample: {ca: "8a:1f:22", next: "0c:77:e1"}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._machine.trust import trust


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "authority_directory": {"type": "path", "required": True},
            "servers": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    servers = {name: int(port) for name, port in module.params["servers"].items()}
    try:
        found = trust(Path(module.params["directory"]), Path(module.params["authority_directory"]), servers)
    except ImportError:
        module.fail_json(
            msg="found no Python package cryptography on the machine: run playbooks/machines.yml, which installs it"
        )
    except PermissionError as error:
        module.fail_json(msg=f"{error.filename} may not be read: run this as root (become)")
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
