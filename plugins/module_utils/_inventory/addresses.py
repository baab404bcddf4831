# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of machines, and who may connect to them, as an inventory names them. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Options that list addresses or networks: firewalls and access rules are made of them, which take no names.
SOURCES = (
    "postgres_clients",
    "postgres_poolers",
    "pgbouncer_clients",
    "machine_ssh_sources",
    "machine_ssh_never_banned",
)
# Those of them that may name everybody.
OPEN = ("machine_ssh_sources",)


def of_machine(variables: Mapping[str, Any]) -> str | None:
    """The address by which other machines reach a machine. Ansible may reach it by another one."""
    return variables.get("machine_address") or variables.get("ansible_host")


def before_port(address: object) -> str:
    """An address as it stands before a colon and a port: one of IPv6 in brackets."""
    return f"[{address}]" if ":" in str(address) else str(address)


def member_connection(
    machine: str, member: Mapping[str, Any], variables: Mapping[str, Any], common: Mapping[str, Any]
) -> dict[str, Any]:
    """How Ansible reaches a member: as its machine, but for what the member says itself.

    :arg machine: the machine's name, by which it is reached where nothing else is said.
    :arg member: variables by which Ansible reaches it, as those of its machine and those of all hosts.
    :arg common: of all hosts: what a member has of these it does not say itself.
    """
    return {
        name: value
        for name, value in {"ansible_host": machine, **variables}.items()
        if member.get(name) != value and member.get(name) in (None, common.get(name))
    }


def machine_problems(name: str, variables: Mapping[str, Any], addressed: bool) -> Iterator[str]:
    """Why the others cannot reach a machine by what the inventory says.

    :arg addressed: whether the others use its address; its certificate has it all the same.
    """
    address = of_machine(variables)
    if not address:
        yield f"{name} has no address, expected one. Write, at the host: ansible_host: <its address>"
    elif addressed and not is_address(address):
        variable = "machine_address" if variables.get("machine_address") else "ansible_host"
        also = "" if variable == "machine_address" else "; ansible_host may stay a name"
        yield (
            f"{variable} of {name} is {address}, expected an IP address: firewalls and access rules are made of it. Write, at the host: "
            f"machine_address: <the address by which the other machines reach it>{also}"
        )


def source_problems(variables: Mapping[str, Any]) -> Iterator[str]:
    """What is neither an address nor a network where only these are taken."""
    for option in SOURCES:
        for source in _texts(variables.get(option)):
            if not (is_source(source) or (option in OPEN and source == "any")):
                yield f"{option} has {source}, expected an IP address, or a network such as 10.0.0.0/24. Write its address instead"


def is_address(text: object) -> bool:
    try:
        ipaddress.ip_address(str(text))
    except ValueError:
        return False
    return True


def is_source(text: object) -> bool:
    """Whether it is an address or a network; 10.0.0.5/24 is the network 10.0.0.0/24."""
    try:
        network(text)
    except ValueError:
        return False
    return True


def network(text: object) -> str:
    """An address or a network as the network that it is; its length stands in it always.

    :raises ValueError: for what is neither.
    """
    return str(ipaddress.ip_network(str(text), strict=False))


def _texts(sources: object) -> Iterable[object]:
    return sources if isinstance(sources, list) else []
