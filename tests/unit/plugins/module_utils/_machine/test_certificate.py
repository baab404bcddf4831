# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate has the wanted names and uses and is issued anew when one of its conditions no longer holds."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from cryptography import x509

from ansible_collections.community.crypto.plugins.module_utils._crypto.cryptography_support import (
    cryptography_decode_name,
    cryptography_get_name,
)
from ansible_collections.plannerate.infra.plugins.module_utils._machine.certificate import (
    USES,
    as_written,
    due,
    end,
    is_due,
    subject_alt_names,
)

NAMES = ["DNS:db01", "IP:198.18.0.12", "IP:127.0.0.1"]
AUTHORITY = {"subject": {}, "subject_key_identifier": "AA", "not_after": "20361126120000Z"}
SERVER = {"name": "machine", "names": NAMES, "uses": ["serverAuth"]}
CLIENT = {"name": "client", "names": NAMES, "uses": ["clientAuth"]}
BOTH = sorted(USES.values())
CERTIFICATE = {
    "subject": {"commonName": "db01"},
    "valid_at": {"renewal": True},
    "authority_key_identifier": "AA",
    "not_after": "20290228120000Z",
    "extended_key_usage": [USES["serverAuth"]],
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


@pytest.mark.parametrize(
    ("given", "certificate"),
    [
        (["2001:DB8:0:0::0001", "2001:db8::1"], ["IP:2001:db8::1"]),
        (["FE80::1%eth0"], ["IP:fe80::1"]),
        (["münchen.example", "xn--mnchen-3ya.example"], ["DNS:xn--mnchen-3ya.example"]),
        (["*.bücher.example"], ["DNS:*.xn--bcher-kva.example"]),
        (["DB_01", "*.example.com"], ["DNS:DB_01", "DNS:*.example.com"]),
    ],
)
def test_they_are_written_as_a_certificate_gives_them_back(given, certificate):
    """Else each run would issue a certificate, and the authority refuse the request as one that was tampered with."""
    names = subject_alt_names(given)
    assert names == certificate
    extension = x509.SubjectAlternativeName([cryptography_get_name(name) for name in names])
    read = [cryptography_decode_name(name, idn_rewrite="ignore") for name in extension]
    assert not is_due({**CERTIFICATE, "subject_alt_name": read}, AUTHORITY, {**SERVER, "names": names})


@pytest.mark.parametrize("written", ["IP:::ffff:c633:6407", "IP:::ffff:198.51.100.7", "IP Address:::FFFF:C633:6407"])
def test_an_address_is_the_same_however_it_is_written(written):
    assert as_written([written]) == set(subject_alt_names(["::ffff:198.51.100.7"]))


def test_a_name_that_no_certificate_can_have_is_told():
    with pytest.raises(ValueError, match=r"Found the name 'ü\.\.example' for a certificate"):
        subject_alt_names(["ü..example"])


def test_one_that_has_everything_stays():
    assert not is_due(CERTIFICATE, AUTHORITY, SERVER)


def test_one_from_before_that_is_for_servers_and_clients_stays():
    """An installation that is in order has nothing to change."""
    assert not is_due({**CERTIFICATE, "extended_key_usage": BOTH}, AUTHORITY, SERVER)


@pytest.mark.parametrize(
    "changed",
    [
        {"valid_at": {"renewal": False}},
        {"authority_key_identifier": "BB"},
        {"authority_key_identifier": None},
        {"subject_alt_name": ["DNS:db01"]},
        {"subject_alt_name": [*CERTIFICATE["subject_alt_name"], "DNS:more"]},
        {"subject_alt_name": None},
        {"extended_key_usage": [USES["clientAuth"]]},
        {"extended_key_usage": None},
    ],
    ids=str,
)
def test_it_is_issued_anew_when_one_condition_fails(changed):
    assert is_due({**CERTIFICATE, **changed}, AUTHORITY, SERVER)


@pytest.mark.parametrize("answer", [{}, {"msg": "The certificate file /etc/ssl/machine/machine.crt does not exist"}])
def test_it_is_issued_where_there_is_none(answer):
    assert is_due(answer, AUTHORITY, SERVER)


def test_none_outlives_its_authority():
    now = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
    assert end(825, AUTHORITY, now) == "20290228120000Z"
    assert end(825, {"not_after": "20270101000000Z"}, now) == "20270101000000Z"


def test_one_that_ends_with_its_authority_is_not_issued_again_and_again():
    soon = {**AUTHORITY, "not_after": "20270101000000Z"}
    short = {**CERTIFICATE, "valid_at": {"renewal": False}}
    assert not is_due({**short, "not_after": "20270101000000Z"}, soon, SERVER)
    assert is_due({**short, "not_after": "20261231235959Z"}, soon, SERVER), (
        "one that ends before it can still be longer"
    )


SHORT = {"valid_at": {"renewal": False}}
OLD = {**CERTIFICATE, "extended_key_usage": BOTH}
OWN = {**CERTIFICATE, "extended_key_usage": [USES["clientAuth"]]}


@pytest.mark.parametrize(
    ("server", "client", "issued"),
    [
        ({}, {}, [("machine", ["serverAuth"]), ("client", ["clientAuth"])]),
        (CERTIFICATE, OWN, []),
        (OLD, OWN, []),
        (OLD, {}, [("client", ["clientAuth"])]),
        # Prometheus still shows itself with the first one, until a later play of this run.
        ({**OLD, **SHORT}, {}, [("machine", ["serverAuth", "clientAuth"]), ("client", ["clientAuth"])]),
        ({**OLD, **SHORT}, OWN, [("machine", ["serverAuth"])]),
        ({**CERTIFICATE, **SHORT}, {}, [("machine", ["serverAuth"]), ("client", ["clientAuth"])]),
        (CERTIFICATE, {**OWN, **SHORT}, [("client", ["clientAuth"])]),
        # Whoever serves and is no client of anybody
        ({**OLD, **SHORT}, None, [("machine", ["serverAuth"])]),
    ],
)
def test_servers_and_clients_get_certificates_apart_and_nobody_loses_one(server, client, issued):
    wanted, found = [SERVER, CLIENT], [server, client]
    if client is None:
        wanted, found = wanted[:1], found[:1]
    assert [(one["name"], one["uses"]) for one in due(wanted, found, AUTHORITY)] == issued
