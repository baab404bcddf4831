# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: authority_renewal
short_description: How another certificate authority takes the place of the present one, and whether a phase may begin
version_added: 0.1.0
description:
  - Plans one phase of the roll-over. V(trust) makes the new authority, V(issue) lets it sign, V(forget) removes the old one.
positional: machines
options:
  _input:
    description: What the operator and the inventory say, as playbooks/renew_authority.yml has it.
    type: dict
    required: true
  machines:
    description:
      - What M(plannerate.infra.trust_info) returned of each machine that answered, by its name, with C(containers), those that run with an
        older C(ca.crt), C(stale), services that did not load their certificates, and C(unknown), services that could not be asked.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what will be done
  ansible.builtin.debug:
    msg: "{{ (request | plannerate.infra.authority_renewal(machines)).lines }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines), C(problems), C(missing) (where the present state has not arrived) and C(after) (what to do once the phase is over), all
      sentences.
  type: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.renewal import renewal


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"authority_renewal": renewal}
