# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines reach each other by addresses, and Ansible reaches a member as its machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.plannerate.infra.plugins.module_utils._inventory import addresses
from ansible_collections.plannerate.infra.plugins.module_utils._machine.firewall import plan

ADDRESS = st.ip_addresses().map(str)
SOURCE = st.one_of(
    ADDRESS,
    ADDRESS.map(str.upper),
    st.tuples(st.ip_addresses(v=4), st.integers(1, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
)


def printed(missing, ports):
    """What ufw shows once the sources were allowed: networks without the bits of a host, IPv6 in small letters, no length of a host."""
    import ipaddress

    lines = []
    for source in missing:
        interface = ipaddress.ip_interface(source)
        network = interface.network
        shown = interface.ip if network.prefixlen == network.max_prefixlen else network
        lines.append(f"{ports}/tcp                   ALLOW       {shown}                 # PgBouncer")
    return "\n".join(lines)


@given(st.lists(SOURCE, max_size=5, unique=True))
def test_what_was_allowed_is_neither_missing_nor_stale_in_the_next_run(sources):
    first = plan("", "PgBouncer", [6432], sources)
    second = plan(printed(first["missing"], first["ports"]), "PgBouncer", [6432], sources)
    assert (second["missing"], second["stale"]) == ([], [])


@pytest.mark.parametrize(
    ("source", "network"),
    [
        ("10.0.0.5/24", "10.0.0.0/24"),
        ("10.0.0.5", "10.0.0.5/32"),
        ("2001:DB8::A", "2001:db8::a/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_source_is_a_network_without_the_bits_of_a_host(source, network):
    assert addresses.network(source) == network == addresses.network(network)


@given(ADDRESS)
def test_an_address_is_one(address):
    assert list(addresses.machine_problems("db01", {"ansible_host": address}, True)) == []
    assert addresses.of_machine({"ansible_host": "db01.example.com", "machine_address": address}) == address


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "db01 has no address"),
        ({"ansible_host": "db01.example.com"}, "ansible_host of db01 is db01.example.com, expected an IP address"),
        (
            {"ansible_host": "10.0.0.1", "machine_address": "db01"},
            "machine_address of db01 is db01, expected an IP address",
        ),
        ({"ansible_host": "10.0.0.1/24"}, "ansible_host of db01 is 10.0.0.1/24"),
    ],
)
def test_a_name_is_none(variables, words):
    (found,) = addresses.machine_problems("db01", variables, True)
    assert words in found


def test_a_member_says_what_differs_from_its_machine():
    machine = {"ansible_host": "192.0.2.10", "ansible_port": 2222}
    assert addresses.member_connection("db01", {}, machine, {}) == machine
    assert addresses.member_connection("db01", machine, machine, {}) == {}
    assert addresses.member_connection("db01", {"ansible_port": 22}, {}, {}) == {"ansible_host": "db01"}
    assert "ansible_port" not in addresses.member_connection("db01", {"ansible_port": 22}, machine, {})


def test_what_all_hosts_have_the_member_does_not_say_itself():
    common, machine = {"ansible_user": "ops"}, {"ansible_host": "192.0.2.10", "ansible_user": "debian"}
    assert addresses.member_connection("db01", {"ansible_user": "ops"}, machine, common) == machine
    assert "ansible_user" not in addresses.member_connection("db01", {"ansible_user": "dba"}, machine, common)


@pytest.mark.parametrize(
    ("option", "source", "refused"),
    [
        ("machine_ssh_sources", "any", False),
        ("machine_ssh_sources", "198.51.100.0/24", False),
        ("machine_ssh_sources", "office.example.com", True),
        ("machine_ssh_never_banned", "any", True),
        ("postgres_clients", "any", True),
    ],
)
def test_everybody_may_be_named_for_ssh_alone(option, source, refused):
    told = [f"{option} has {source}, expected an IP address"] if refused else []
    assert [text.split(", or a network")[0] for text in addresses.source_problems({option: [source]})] == told
