# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_request_problems
short_description: What in a certificate request must not be signed
version_added: 0.1.0
description:
  - Compares a request with what its machine may ask for. Its subject, names, uses, extensions and key have to be exactly these.
options:
  _input:
    description: What M(community.crypto.openssl_csr_info) said of the request.
    type: dict
    required: true
  host:
    description: Inventory name of the machine that the request comes from.
    type: str
    required: true
  names:
    description: Its subject alternative names as P(plannerate.infra.certificate_names#filter) gives them.
    type: list
    elements: str
    required: true
  uses:
    description: C(serverAuth), C(clientAuth).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse another request
  ansible.builtin.fail:
    msg: "{{ problems | join('\n') }}"
  when: problems | length > 0
  vars:
    problems: "{{ request | plannerate.infra.certificate_request_problems('db01', ['DNS:db01'], ['serverAuth']) }}"
"""

RETURN = r"""
_value:
  description: What was found and what was expected, a sentence each. Empty where the request may be signed.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.request import problems


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"certificate_request_problems": problems}
