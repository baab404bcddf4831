# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: networks
short_description: Addresses and networks as a network each
version_added: 0.1.0
description:
  - An address becomes the network that has it alone. A network loses what of its address is a host's, since there are programs, such as
    PgBouncer, to which C(10.0.0.5/24) is a rule that fits nobody.
options:
  _input:
    description: Addresses and networks.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show whom PgBouncer lets in
  ansible.builtin.debug:
    msg: "{{ ['10.0.0.5/24', '2001:DB8::A'] | plannerate.infra.networks }}"
"""

RETURN = r"""
_value:
  description: The networks, in the same order, such as C(10.0.0.0/24) and C(2001:db8::a/128).
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable

from ansible.errors import AnsibleFilterError

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import network


def networks(sources: Iterable[object]) -> list[str]:
    try:
        return [network(source) for source in sources]
    except ValueError as error:
        raise AnsibleFilterError(f"{error}, expected an IP address, or a network such as 10.0.0.0/24") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"networks": networks}
