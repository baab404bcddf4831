# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgres_expected_standbys
short_description: The standbys whose lag is to be measured
version_added: 0.1.0
description:
  - Gives every member but the primary, as the option O(plannerate.infra.postgres_replication_lag#module:expected) takes them.
  - A standby on the primary's machine is asked itself for how many seconds it is behind.
positional: primary, socket_directory
options:
  _input:
    description: Members as given by P(plannerate.infra.postgres_members#filter).
    type: list
    elements: dict
    required: true
  primary:
    description: Name of the primary.
    type: str
    required: true
  socket_directory:
    description: Directory of the members' Unix sockets.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Measure how far the standbys are behind
  plannerate.infra.postgres_replication_lag:
    login_unix_socket: /var/run/postgresql
    expected: "{{ members | plannerate.infra.postgres_expected_standbys('pg-main', '/var/run/postgresql') }}"
"""

RETURN = r"""
_value:
  description: One dict for each standby with C(name), and with C(unix_socket) and C(port) of one on the primary's machine.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.plannerate.infra.plugins.module_utils._replication.expected import expected_standbys


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"postgres_expected_standbys": expected_standbys}
