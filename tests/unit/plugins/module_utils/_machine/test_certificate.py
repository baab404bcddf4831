# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate has the wanted names and is issued anew when one of its conditions no longer holds."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import is_due, subject_alt_names

NAMES = ["DNS:db01", "IP:198.18.0.12", "IP:127.0.0.1"]
AUTHORITY = {"subject": {}, "subject_key_identifier": "AA"}
CERTIFICATE = {
    "subject": {"commonName": "db01"},
    "valid_at": {"renewal": True},
    "authority_key_identifier": "AA",
    "subject_alt_name": ["IP Address:127.0.0.1", "DNS:db01", "IP:198.18.0.12"],
}


def test_names_and_addresses_are_marked_each_once():
    assert subject_alt_names(["db01", "127.0.0.1", "198.18.0.12", "db01", "2001:db8::1", "1.example.com"]) == [
        "DNS:db01",
        "IP:127.0.0.1",
        "IP:198.18.0.12",
        "IP:2001:db8::1",
        "DNS:1.example.com",
    ]


def test_one_that_has_everything_stays():
    assert not is_due(CERTIFICATE, AUTHORITY, NAMES)


@pytest.mark.parametrize(
    "changed",
    [
        {"valid_at": {"renewal": False}},
        {"authority_key_identifier": "BB"},
        {"authority_key_identifier": None},
        {"subject_alt_name": ["DNS:db01"]},
        {"subject_alt_name": [*CERTIFICATE["subject_alt_name"], "DNS:more"]},
        {"subject_alt_name": None},
    ],
    ids=str,
)
def test_it_is_issued_anew_when_one_condition_fails(changed):
    assert is_due({**CERTIFICATE, **changed}, AUTHORITY, NAMES)


@pytest.mark.parametrize("answer", [{}, {"msg": "The certificate file /etc/ssl/machine/machine.crt does not exist"}])
def test_it_is_issued_where_there_is_none(answer):
    assert is_due(answer, AUTHORITY, NAMES)
