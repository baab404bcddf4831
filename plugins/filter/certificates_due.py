# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificates_due
short_description: Which certificates of a machine have to be issued
version_added: 0.1.0
description:
  - Gives those that are not there, are not valid for long enough, are of another authority, have other names, or cannot be used as they
    have to. One that ends with its authority is not due, since none outlives it.
  - A certificate for servers that also serves clients is as good, until it is replaced. It keeps that second use as long as the machine's
    certificate for clients has not been there before.
options:
  _input:
    description: The certificates that the machine has to have, each with C(name), C(names) and C(uses) (C(serverAuth), C(clientAuth)).
    type: list
    elements: dict
    required: true
  found:
    description:
      - What M(community.crypto.x509_certificate_info) said of each, asked with C(valid_at.renewal), or its failure where there is none. In
        the same order.
    type: list
    elements: dict
    required: true
  authority:
    description: What M(community.crypto.x509_certificate_info) said of the certificate authority.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Issue the certificates
  ansible.builtin.include_tasks: certificate.yml
  loop: "{{ wanted | plannerate.infra.certificates_due(answers.results, authority) }}"
  vars:
    wanted: [{name: machine, names: ['DNS:db01'], uses: [serverAuth]}]
"""

RETURN = r"""
_value:
  description: Those that have to be issued, each with the uses that it is issued for.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import due


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"certificates_due": due}
