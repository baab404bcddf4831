# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is open, plain, readable or weak is counted and named; what was not asked is not good."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.rows import LIMITS
from ansible_collections.plannerate.infra.plugins.module_utils._validation.security import allowed, rows

STATUS = """Status: active

To                         Action      From
--                         ------      ----
22/tcp                     ALLOW       Anywhere                   # SSH
5432,5433/tcp              ALLOW       192.0.2.20                 # PostgreSQL
22/tcp (v6)                ALLOW       Anywhere (v6)              # SSH
"""
MACHINE = {
    "sockets": [
        {"address": "0.0.0.0", "port": 22, "program": "sshd"},
        {"address": "192.0.2.10", "port": 5432, "program": "postgres"},
        {"address": "127.0.0.1", "port": 9090, "program": "prometheus"},
    ],
    "firewall": STATUS,
    "public": [22],
    "plaintext": {"5432": (True, "no encryption")},
    "open_files": [],
    "weak_variables": [],
    "updates": [],
}
OUTSIDE = {"open": {"db01": []}, "edges": {"example.org": {"days": 60.0, "problems": []}}}


def bad(machine=None, outside=None, cluster=None):
    answer = {
        "machines": {"db01": {**MACHINE, **(machine or {})}},
        "outside": {**OUTSIDE, **(outside or {})},
        "cluster": {"weak_roles": [], **(cluster or {})},
    }
    return {row["check"]: (row["verdict"], row["note"]) for row in rows(answer, LIMITS) if row["verdict"] != "pass"}


def test_sources_are_told_by_port():
    assert allowed(STATUS) == {22: {"any"}, 5432: {"192.0.2.20"}, 5433: {"192.0.2.20"}}


def test_a_machine_as_it_should_be_is_good():
    assert bad() == {}


def test_what_a_proxy_leads_to_needs_no_rule_of_its_own():
    sockets = [*MACHINE["sockets"], {"address": "192.0.2.10", "port": 8085, "program": "gatus"}]
    assert bad({"sockets": sockets, "behind_proxy": [8085]}) == {}
    assert set(bad({"sockets": sockets})) == {"ports that listen without a rule"}
    opened = STATUS + "8085/tcp                   ALLOW       Anywhere\n"
    assert set(bad({"firewall": opened, "behind_proxy": [8085]})) == {"ports open to everybody beyond the list"}


@pytest.mark.parametrize(
    ("changed", "check", "note"),
    [
        (
            {"firewall": STATUS + "6379/tcp                   ALLOW       Anywhere\n"},
            "ports open to everybody beyond the list",
            "6379",
        ),
        (
            {"sockets": [{"address": "0.0.0.0", "port": 6379, "program": "redis"}]},
            "ports that listen without a rule",
            "6379 (redis on 0.0.0.0)",
        ),
        ({"plaintext": {"5432": (False, "it asks")}}, "answers without TLS", "5432: it asks"),
        (
            {"plaintext": {"5432": (False, "it asks"), "5433": (None, "silent")}},
            "answers without TLS",
            "5432: it asks",
        ),
        ({"open_files": ["/root/x (0644)"]}, "files that others may read", "/root/x (0644)"),
        ({"weak_variables": [".env: DB_PASSWORD"]}, "secrets that are short or well known", ".env: DB_PASSWORD"),
        ({"updates": ["openssl"]}, "security updates that wait", "openssl"),
    ],
)
def test_each_fault_has_its_row(changed, check, note):
    assert bad(changed) == {check: ("fail", note)}


def test_without_a_firewall_all_is_open():
    assert bad({"firewall": "Status: inactive"})["ports open to everybody beyond the list"][0] == "fail"


def test_from_outside_ports_and_the_edge_are_judged():
    found = bad(
        outside={"open": {"db01": [5432]}, "edges": {"example.org": {"days": 3.0, "problems": ["TLS 1.0 is accepted"]}}}
    )
    assert found == {
        "ports that the controller reaches beyond the list": ("fail", "5432"),
        "days that the certificate is valid": ("fail", "TLS 1.0 is accepted"),
        "what is wrong with TLS and headers": ("fail", "TLS 1.0 is accepted"),
    }


def test_a_member_needs_no_rule_where_nobody_else_connects():
    assert bad({"firewall": "Status: active\n22/tcp                     ALLOW       Anywhere\n"}) == {}


def test_a_server_that_is_silent_refused_nothing():
    found = bad({"plaintext": {"5432": (None, "silent"), "5433": (True, "refused")}})
    assert found == {"answers without TLS": ("not measured", "silent")}


def test_what_was_not_asked_is_not_measured():
    assert bad({"updates": None, "updates_reason": "a lock"})["security updates that wait"] == (
        "not measured",
        "a lock",
    )
    assert set(bad(cluster={"weak_roles": None, "msg": "refused"}).values()) == {("not measured", "refused")}
    (row, *_rest) = rows({"machines": {"db01": {"reason": "unreachable"}}}, LIMITS)
    assert (row["subject"], row["verdict"], row["note"]) == ("db01", "not measured", "unreachable")
