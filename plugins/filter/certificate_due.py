# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_due
short_description: Whether a certificate has to be issued
version_added: 0.1.0
description:
  - True where there is no certificate, where it is not valid for long enough, where another authority signed it, and where its names
    are not the wanted ones.
positional: authority, names
options:
  _input:
    description:
      - What M(community.crypto.x509_certificate_info) said of the certificate, asked with C(valid_at.renewal), or its failure where
        there is none.
    type: dict
    required: true
  authority:
    description: What M(community.crypto.x509_certificate_info) said of the certificate authority.
    type: dict
    required: true
  names:
    description: Its subject alternative names as P(plannerate.infra.certificate_names#filter) gives them.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Look at the certificate
  community.crypto.x509_certificate_info:
    path: /etc/ssl/machine/machine.crt
    valid_at: {renewal: +60d}
  register: certificate
  failed_when: false

- name: Issue it
  ansible.builtin.include_tasks: issue.yml
  when: certificate | plannerate.infra.certificate_due(authority, ['DNS:db01'])
"""

RETURN = r"""
_value:
  description: Whether it has to be issued.
  type: bool
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import is_due


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"certificate_due": is_due}
