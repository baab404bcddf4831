#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: validation_info
short_description: What a machine shows to those who look for a way in
version_added: 0.1.0
description:
  - Reads what listens, what the firewall lets in, which files others may read, which secrets in files of variables are short or well
    known, whether PostgreSQL and PgBouncer answer without TLS, and which security updates wait.
  - Tells names of variables and never their values.
  - Reads only. The package lists are those that the machine has.
options:
  private_files:
    description: Files and directories that nobody but their owner and group may read. Those that are not there are left out.
    type: list
    elements: path
    default: []
  secret_files:
    description: Files of variables (C(.env), the credentials file) whose secrets are looked at.
    type: list
    elements: path
    default: []
  address:
    description: The address of this machine at which O(encrypted_ports) are asked.
    type: str
    default: 127.0.0.1
  encrypted_ports:
    description: Ports of PostgreSQL and PgBouncer, which have to refuse a client without TLS.
    type: list
    elements: int
    default: []
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: debian
notes:
  - Needs root, since not everybody may read these files.
seealso:
  - module: plannerate.infra.validation_outside_info
author:
  - The plannerate.infra contributors (@plannerate)
"""

EXAMPLES = r"""
- name: Look for what should not be there
  plannerate.infra.validation_info:
    private_files: [/root/.credentials, /opt/stacks/production/.env]
    secret_files: [/root/.credentials, /opt/stacks/production/.env]
    address: 192.0.2.10
    encrypted_ports: [5432, 6432]
  become: true
"""

RETURN = r"""
sockets:
  description: What listens by TCP, each with C(address), C(port) and C(program).
  type: list
  elements: dict
  returned: success
firewall:
  description: Output of C(ufw status); empty where there is no UFW.
  type: str
  returned: success
open_files:
  description: Those of O(private_files) that others may read, with their mode.
  type: list
  elements: str
  returned: success
weak_variables:
  description: Names in O(secret_files) whose value is short, empty or well known, each behind its file.
  type: list
  elements: str
  returned: success
plaintext:
  description: By port, whether a client without TLS is refused, and what was said.
  type: dict
  returned: success
updates:
  description: Packages with a security update; null where apt-get did not answer.
  type: list
  elements: str
  returned: success
updates_reason:
  description: Why RV(updates) is null.
  type: str
  returned: when it is
"""

import os
import stat
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._validation.outside import refuses_plaintext
from ansible_collections.plannerate.infra.plugins.module_utils._validation.passwords import weak_variables
from ansible_collections.plannerate.infra.plugins.module_utils._validation.printed import listening, security_updates

UNTRANSLATED = {"LC_ALL": "C", "LANGUAGE": "C"}


def readable_by_others(paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except FileNotFoundError:
            continue
        if mode & 0o007:
            found.append(f"{path} ({mode:04o})")
    return found


def weak(paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                found += [f"{path}: {name}" for name in weak_variables(file)]
        except FileNotFoundError:
            continue
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "private_files": {"type": "list", "elements": "path", "default": []},
            # Their names are no secret.
            "secret_files": {"type": "list", "elements": "path", "default": [], "no_log": False},
            "address": {"type": "str", "default": "127.0.0.1"},
            "encrypted_ports": {"type": "list", "elements": "int", "default": []},
        },
        supports_check_mode=True,
    )
    params = module.params

    def said(*command: str) -> tuple[int, str, str]:
        code, out, errors = module.run_command(list(command), environ_update=UNTRANSLATED, handle_exceptions=False)
        return code, out, errors

    result: dict[str, Any] = {"changed": False}
    try:
        result["sockets"] = listening(said(module.get_bin_path("ss", required=True), "-Hltnp")[1])
        ufw = module.get_bin_path("ufw")
        result["firewall"] = said(ufw, "status")[1] if ufw else ""
        result["open_files"] = readable_by_others(params["private_files"])
        result["weak_variables"] = weak(params["secret_files"])
    except PermissionError as error:
        module.fail_json(msg=f"{error.filename} may not be read: run this as root (become)")
    result["plaintext"] = {str(port): refuses_plaintext(params["address"], port) for port in params["encrypted_ports"]}
    apt = module.get_bin_path("apt-get", required=True)
    # Beside an apt of somebody else: a simulation needs no lock.
    code, out, errors = said(apt, "--simulate", "-o", "Debug::NoLocking=true", "dist-upgrade")
    result["updates"] = None if code else security_updates(out)
    if code:
        result["updates_reason"] = " ".join(errors.split())[-300:]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
