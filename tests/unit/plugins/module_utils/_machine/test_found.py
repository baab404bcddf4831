# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine says of its ways in: who never is banned, what sshd takes, and whether a run left something unproven."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._machine.found import MOST_CONTROLLERS, found

SAID = """acl installed
ufw installed
Status: active
22/tcp                     ALLOW       Anywhere                   # SSH
ufw allow 22/tcp comment 'SSH'
sshd: permitrootlogin without-password
sshd: passwordauthentication yes
controller: 198.51.100.7
controllers: 198.51.100.8 2001:db8::1
fail2ban: active
sshd file: 0f0f
container: none
"""


def test_everything_is_read():
    assert found(SAID, True) == {
        "sshd": {"permitrootlogin": "without-password", "passwordauthentication": "yes"},
        "sshd_file": "0f0f",
        "controllers": ["198.51.100.7", "198.51.100.8", "2001:db8::1"],
        "bans": True,
        "unproven": False,
        "container": "",
    }


def test_a_bare_machine_has_nothing_of_it():
    assert found("fail2ban: inactive\n", True) == {
        "sshd": {}, "sshd_file": "", "controllers": [], "bans": False, "unproven": False, "container": "",
    }  # fmt: skip


def test_who_does_not_own_the_machine_is_not_remembered():
    assert found(SAID, False)["controllers"] == ["198.51.100.8", "2001:db8::1"]


def test_a_second_run_from_the_same_place_changes_nothing():
    again = SAID.replace("controller: 198.51.100.7", "controller: 2001:db8::1")
    assert found(again, True)["controllers"] == ["198.51.100.8", "2001:db8::1"]


def test_the_oldest_are_forgotten():
    known = [f"203.0.113.{number}" for number in range(MOST_CONTROLLERS)]
    said = f"controller: 198.51.100.7\ncontrollers: {' '.join(known)}\n"
    assert found(said, True)["controllers"] == ["198.51.100.7", *known[:-1]]


def test_what_is_no_address_gets_into_no_file():
    assert found("controller: UNKNOWN\ncontrollers: 198.51.100.8\\n[x] 1\n", True)["controllers"] == []


def test_a_container_and_what_is_unproven_are_told():
    assert found("container: docker\nunproven: yes\n", True) | {"sshd": {}} == {
        **found("", True), "container": "docker", "unproven": True,
    }  # fmt: skip
