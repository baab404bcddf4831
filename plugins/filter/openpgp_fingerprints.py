# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: openpgp_fingerprints
short_description: Fingerprints of the keys in an armoured OpenPGP file
version_added: 0.1.0
description:
  - Gives the fingerprint of each primary key, so that a key that was downloaded is known before it is trusted.
  - A file that is anything else than one armoured block of public keys fails, since a part that is overlooked would be trusted too.
options:
  _input:
    description: The content of the file.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse another key
  ansible.builtin.fail:
    msg: "It is {{ key.content | plannerate.infra.openpgp_fingerprints | join(', ') }}"
  when: key.content | plannerate.infra.openpgp_fingerprints != ['B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8']
"""

RETURN = r"""
_value:
  description: Fingerprints, forty hexadecimal digits each, in upper case.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._machine.openpgp import fingerprints


def openpgp_fingerprints(text: str) -> list[str]:
    try:
        return fingerprints(text)
    except ValueError as error:
        raise AnsibleFilterError(
            f"Found a file that is no key for apt: {error}. Expected one armoured public key."
        ) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"openpgp_fingerprints": openpgp_fingerprints}
