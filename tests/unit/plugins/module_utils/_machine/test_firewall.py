# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of one purpose are completed and cleared; all others are left alone."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.firewall import plan, rules

STATUS = """Status: active

To                         Action      From
--                         ------      ----
22/tcp                     ALLOW       Anywhere                   # SSH
5432,5433/tcp              ALLOW       198.18.0.11                # PostgreSQL
5432,5433/tcp              ALLOW       2001:db8::1                # PostgreSQL
5432/tcp                   ALLOW       198.18.0.12                # PostgreSQL
5432,5433/tcp              ALLOW       198.18.0.13                # PostgreSQL exporter
5432,5433/tcp              ALLOW       198.18.0.14
5432,5433/tcp              DENY        198.18.0.15                # PostgreSQL
53/udp                     ALLOW       198.18.0.16                # PostgreSQL
22/tcp (v6)                ALLOW       Anywhere (v6)              # SSH
"""


def test_rules_of_the_purpose_alone_are_seen():
    assert rules(STATUS, "PostgreSQL") == [
        {"ports": "5432,5433", "source": "198.18.0.11"},
        {"ports": "5432,5433", "source": "2001:db8::1"},
        {"ports": "5432", "source": "198.18.0.12"},
    ]


def test_what_ufw_adds_for_ipv6_by_itself_is_not_a_rule_of_its_own():
    assert rules(STATUS, "SSH") == [{"ports": "22", "source": "any"}]


def test_missing_and_stale():
    assert plan(STATUS, "PostgreSQL", [5433, "5432", 5432], ["198.18.0.11", "198.18.0.17", "198.18.0.17"]) == {
        "ports": "5432,5433",
        "missing": ["198.18.0.17"],
        "stale": [{"ports": "5432,5433", "source": "2001:db8::1"}, {"ports": "5432", "source": "198.18.0.12"}],
    }


def test_a_source_with_other_ports_is_missing_and_stale():
    changes = plan(STATUS, "SSH", [2222], ["any"])
    assert (changes["missing"], changes["stale"]) == (["any"], [{"ports": "22", "source": "any"}])


def test_what_is_as_wanted_changes_nothing():
    assert plan(STATUS, "SSH", ["22"], ["any"]) == {"ports": "22", "missing": [], "stale": []}


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("198.18.0.11/32", "198.18.0.11"),
        ("198.18.0.11/24", "198.18.0.0/24"),
        ("198.18.0.0/255.255.255.0", "198.18.0.0/24"),
        ("0.0.0.0/0", "Anywhere"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("2001:db8::1/64", "2001:db8::1/64"),
    ],
)
def test_a_source_is_known_again_as_ufw_prints_it(source, printed):
    status = f"22/tcp                     ALLOW       {printed:26} # SSH\n"
    assert plan(status, "SSH", [22], [source]) == {"ports": "22", "missing": [], "stale": []}
    assert plan("", "SSH", [22], [source])["missing"] == [source]


@pytest.mark.parametrize("status", ["", "Status: inactive"])
def test_a_firewall_that_tells_no_rules_gets_all(status):
    assert plan(status, "SSH", [22], ["any"]) == {"ports": "22", "missing": ["any"], "stale": []}


def test_a_purpose_is_text_and_no_pattern():
    status = "9100/tcp  ALLOW  198.18.0.11  # C++ (metrics)\n9100/tcp  ALLOW  198.18.0.12  # Cxx metrics\n"
    assert rules(status, "C++ (metrics)") == [{"ports": "9100", "source": "198.18.0.11"}]
    assert rules(status, ".*") == []
