# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_names
short_description: Subject alternative names of a certificate
version_added: 0.1.0
description:
  - Marks names and addresses as OpenSSL and the modules of C(community.crypto) want them, each once.
options:
  _input:
    description: Names and addresses.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Request a certificate
  community.crypto.openssl_csr_pipe:
    privatekey_path: /etc/ssl/machine/machine.key
    subject_alt_name: "{{ ['db01', '198.51.100.7'] | plannerate.infra.certificate_names }}"
"""

RETURN = r"""
_value:
  description: The names with C(DNS:) and the addresses with C(IP:) in front.
  type: list
  elements: str
  sample: ["DNS:db01", "IP:198.51.100.7"]
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import subject_alt_names


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"certificate_names": subject_alt_names}
