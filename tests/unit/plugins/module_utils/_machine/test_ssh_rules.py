# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH is opened for the named networks; what somebody else said of it with UFW is neither replaced nor removed."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.ssh_rules import plan

NOTHING = {"missing": [], "stale": [], "kept": [], "open": []}


def of(*rules: str, port: int | str = 22, sources: tuple[str, ...] = ("any",)) -> dict:
    return plan("\n".join(("Added user rules (see 'ufw status' for running firewall):", *rules)), port, sources)


def test_a_bare_firewall_gets_a_rule_for_each_source():
    assert plan("", 22, ["any"]) == {**NOTHING, "missing": ["any"]}
    assert of("(None)", sources=("198.51.100.0/24", "2001:db8::/64"))["missing"] == ["198.51.100.0/24", "2001:db8::/64"]


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("ufw allow 22/tcp comment 'SSH'", "any"),
        ("ufw allow 22/tcp comment 'SSH'", "0.0.0.0/0"),
        ("ufw allow from 198.51.100.0/24 to any port 22 proto tcp comment 'SSH'", "198.51.100.7/24"),
        ("ufw allow from 2001:db8::/64 to any port 22 proto tcp comment 'SSH'", "2001:DB8::/64"),
        ("ufw allow from 198.51.100.7 to any port 22 proto tcp comment 'SSH'", "198.51.100.7/32"),
    ],
)
def test_what_is_as_wanted_changes_nothing(rule, source):
    assert of(rule, sources=(source,)) == NOTHING


def test_another_port_and_another_source_are_stale():
    old = "ufw allow 22/tcp comment 'SSH'"
    assert of(old, port="2222") == {**NOTHING, "missing": ["any"], "stale": [{"ports": "22", "source": "any"}]}
    assert of(old, sources=("198.51.100.7",)) == {
        **NOTHING, "missing": ["198.51.100.7"], "stale": [{"ports": "22", "source": "any"}],
    }  # fmt: skip


@pytest.mark.parametrize("action", ["limit", "deny", "reject"])
@pytest.mark.parametrize(
    "rule", ["{} 22/tcp", "{} 22", "{} OpenSSH", "{} 20:30/tcp", "{} 22,2222/tcp", "{} log 22/tcp comment 'mine'"]
)
def test_what_somebody_denies_or_limits_is_not_replaced(action, rule):
    rule = rule.format(action)
    assert of(f"ufw {rule}") == {**NOTHING, "kept": [rule]}


def test_so_it_is_for_a_single_source():
    rule = "deny from 198.51.100.7 to any port 22 proto tcp"
    found = of(f"ufw {rule}", sources=("198.51.100.7", "198.51.100.8"))
    assert found == {**NOTHING, "missing": ["198.51.100.8"], "kept": [rule]}


@pytest.mark.parametrize(
    "rule",
    [
        "ufw deny 80/tcp",
        "ufw deny 22/udp",
        "ufw deny out 22/tcp",
        "ufw route deny in on docker0 to any port 22 proto tcp",
        "ufw deny in on eth1 to any port 22 proto tcp",
        "ufw deny to 10.0.0.1 port 22 proto tcp",
        "ufw deny from any port 22 to any port 1024:65535 proto tcp",
        "ufw deny from 203.0.113.9",
        "ufw installed",
        "ufw allow 'a name that does not end",
    ],
)
def test_rules_of_something_else_change_nothing(rule):
    assert of(rule) == {**NOTHING, "missing": ["any"]}


@pytest.mark.parametrize(
    "rule", ["allow 22/tcp", "allow OpenSSH", "limit 22/tcp", "allow 1:1024/tcp", "allow in from any to any"]
)
def test_somebody_elses_rule_that_lets_everybody_in_is_told_where_only_some_may(rule):
    assert of(f"ufw {rule}", sources=("198.51.100.7",)) == {**NOTHING, "missing": ["198.51.100.7"], "open": [rule]}
    assert of(f"ufw {rule}")["open"] == []
    assert of("ufw deny 22/tcp", sources=("198.51.100.7",))["open"] == []


def test_a_profile_of_ssh_is_another_port_than_2222():
    assert of("ufw deny OpenSSH", port=2222) == {**NOTHING, "missing": ["any"]}
