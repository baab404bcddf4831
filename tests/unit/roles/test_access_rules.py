# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which line of pg_hba.conf decides: the first one that fits."""

from __future__ import annotations

import json

import pytest
from support.helpers.plays import values_of_role

DEBIAN = ["local all postgres peer", "local all all peer", "host all all 127.0.0.1/32 scram-sha-256"]
VARIABLES = {
    "_postgres_peers": ["198.18.0.1"], "postgres_poolers": [], "postgres_clients": [], "ansible_managed": "managed",
}  # fmt: skip


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """The lines of a file by the rules that were adopted, with an exporter and without."""
    directory = tmp_path_factory.mktemp("role")
    found = {}
    for monitoring in (["app01"], []):
        hosts = {"hosts": {"localhost": {}}, "children": {"monitoring": {"hosts": {name: {} for name in monitoring}}}}
        (directory / "hosts.json").write_text(json.dumps({"all": hosts}))
        asked = [
            ("lookup('ansible.builtin.template', 'pg_hba.conf.j2')", {**VARIABLES, "postgres_kept_rules": rules})
            for rules in (DEBIAN, [])
        ]
        kept, own = values_of_role(directory, "postgres", *asked, inventory=str(directory / "hosts.json"))
        found[bool(monitoring)] = {"kept": kept.splitlines(), "own": own.splitlines()}
    return found


def method(lines: list[str], role: str) -> str:
    """How a role logs in over the socket."""
    words = [line.split() for line in lines]
    return next(line[3] for line in words if line[:2] == ["local", "all"] and line[2] in (role, "all"))


@pytest.mark.parametrize("rules", ["kept", "own"])
def test_an_exporter_logs_in_with_its_password_and_the_administrator_without(lines, rules):
    assert method(lines[True][rules], "monitoring") == "scram-sha-256"
    assert method(lines[True][rules], "postgres") == "peer"


def test_everybody_else_finds_the_old_line(lines):
    assert method(lines[True]["kept"], "shop") == "peer"
    assert method(lines[False]["kept"], "monitoring") == "peer", "no exporter, no line for it"


def test_pgbouncer_gets_networks_without_the_bits_of_a_host(tmp_path):
    """To it, 10.0.0.5/24 is a rule that fits nobody."""
    clients = {"pgbouncer_clients": ["10.0.0.5/24", "10.0.0.9", "2001:DB8::A"], "postgres_pooler_role": "auth"}
    asked = ("lookup('ansible.builtin.template', 'pgbouncer_hba.conf.j2')", {**clients, "ansible_managed": "managed"})
    (text,) = values_of_role(tmp_path, "pgbouncer", asked)
    assert [line.split()[3] for line in text.splitlines()[-3:]] == ["10.0.0.0/24", "10.0.0.9/32", "2001:db8::a/128"]
