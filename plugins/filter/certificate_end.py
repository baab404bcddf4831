# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_end
short_description: When a new certificate ends
version_added: 0.1.0
description:
  - Gives the time at which a certificate ends that is issued now for so many days, and at most the end of its authority.
options:
  _input:
    description: Days.
    type: int
    required: true
  authority:
    description: What M(community.crypto.x509_certificate_info) said of the certificate authority.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Sign a request
  community.crypto.x509_certificate_pipe:
    provider: ownca
    csr_content: "{{ request.csr }}"
    ownca_path: /root/ca/ca.crt
    ownca_privatekey_path: /root/ca/ca.key
    ownca_not_after: "{{ 825 | plannerate.infra.certificate_end(authority) }}"
"""

RETURN = r"""
_value:
  description: The time in UTC, as C(20281231235959Z).
  type: str
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import end


def certificate_end(days: int, authority: Mapping[str, Any]) -> str:
    return end(days, authority, datetime.now(timezone.utc))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"certificate_end": certificate_end}
