# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Prometheus asks on which address: the exporters of machines and PostgreSQL members. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.addresses import before_port, of_machine

NODE_PORT = 9100


class Target(TypedDict):
    """An entry of ``static_configs`` in Prometheus' configuration."""

    targets: list[str]
    labels: dict[str, str]


def node_targets(machines: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[Target]:
    """The node exporter of each machine.

    :arg hostvars: variables of each machine: ``ansible_host``, and ``machine_address`` where its peers reach it by another one.
    """
    return [
        {
            "targets": [f"{before_port(of_machine(hostvars[machine]))}:{NODE_PORT}"],
            "labels": {"instance": machine, "machine": machine},
        }
        for machine in machines
    ]


def postgres_targets(members: Iterable[Mapping[str, Any]]) -> list[Target]:
    """The exporter of each PostgreSQL member, which listens on the member's port with a 1 before it.

    :arg members: dicts with ``name``, ``machine``, ``address`` and ``port``.
    """
    return [
        {
            "targets": [f"{before_port(member['address'])}:1{member['port']}"],
            "labels": {"instance": member["name"], "member": member["name"], "machine": member["machine"]},
        }
        for member in members
    ]
