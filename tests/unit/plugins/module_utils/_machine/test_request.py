# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine gets a certificate for itself and for what it serves, and for nothing else, whatever it asks for."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._machine.request import problems

NAMES = ["DNS:app01", "IP:198.18.0.11", "IP:127.0.0.1"]
EXTENSION = {"critical": False, "value": "MAA="}
# As community.crypto.openssl_csr_info tells it.
REQUEST = {
    "signature_valid": True,
    "subject": {"commonName": "app01"},
    "subject_ordered": [["commonName", "app01"]],
    "subject_alt_name": ["IP:127.0.0.1", "DNS:app01", "IP:198.18.0.11"],
    "extended_key_usage": ["TLS Web Server Authentication"],
    "basic_constraints": None,
    "key_usage": None,
    "extensions_by_oid": {"2.5.29.17": EXTENSION, "2.5.29.37": EXTENSION},
    "public_key_type": "ECC",
    "public_key_data": {"curve": "secp256r1", "size": 256},
}


def told(**changed):
    return problems({**REQUEST, **changed}, "app01", NAMES, ["serverAuth"])


def test_what_a_machine_may_ask_for_is_signed():
    assert told() == []


def more(oid):
    return {"extensions_by_oid": {**REQUEST["extensions_by_oid"], oid: EXTENSION}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"subject_ordered": [["commonName", "db01"]]}, "its subject is commonName=db01, expected commonName=app01"),
        ({"subject_ordered": []}, "its subject is empty"),
        ({"subject_ordered": [["commonName", "app01"], ["organizationName", "x"]]}, "organizationName=x"),
        ({"subject_ordered": [["commonName", "app01"], ["commonName", "db01"]]}, "commonName=app01, commonName=db01"),
        (
            {"subject_alt_name": ["DNS:db01"]},
            "its names are DNS:db01, expected DNS:app01, IP:127.0.0.1, IP:198.18.0.11",
        ),
        ({"subject_alt_name": [*REQUEST["subject_alt_name"], "DNS:db01"]}, "its names are DNS:app01, DNS:db01"),
        ({"subject_alt_name": [*REQUEST["subject_alt_name"], "DNS:*"]}, "DNS:*"),
        ({"subject_alt_name": [*REQUEST["subject_alt_name"], "email:a@b.test"]}, "email:a@b.test"),
        ({"subject_alt_name": None}, "its names are none"),
        ({"extended_key_usage": None}, "its uses are none, expected TLS Web Server Authentication"),
        ({"extended_key_usage": ["TLS Web Client Authentication"]}, "its uses are TLS Web Client Authentication"),
        (
            {"extended_key_usage": ["TLS Web Client Authentication", "TLS Web Server Authentication"]},
            "its uses are TLS Web Client Authentication, TLS Web Server Authentication",
        ),
        ({"extended_key_usage": ["Any Extended Key Usage"]}, "its uses are Any Extended Key Usage"),
        ({"basic_constraints": ["CA:TRUE"], **more("2.5.29.19")}, "it is for an authority (CA:TRUE)"),
        ({"basic_constraints": ["CA:TRUE", "pathlen:0"]}, "it is for an authority (CA:TRUE)"),
        ({"basic_constraints": ["CA:FALSE"], **more("2.5.29.19")}, "it has the extension basicConstraints"),
        (more("2.5.29.15"), "it has the extension keyUsage"),
        (more("2.5.29.30"), "it has the extension nameConstraints"),
        (more("1.2.3.4"), "it has the extension 1.2.3.4"),
        ({"public_key_type": "RSA", "public_key_data": {"size": 1024}}, "its key is RSA 1024, expected ECC secp256r1"),
        ({"public_key_data": {"curve": "secp192r1", "size": 192}}, "its key is ECC secp192r1"),
        ({"public_key_type": "Ed25519", "public_key_data": {}}, "its key is Ed25519"),
        ({"signature_valid": False}, "its signature is not of its own key"),
    ],
)
def test_whatever_differs_is_named(changed, said):
    assert [problem for problem in told(**changed) if said in problem], told(**changed)


def test_everything_that_differs_is_named_at_once():
    assert (
        len(told(subject_ordered=[["commonName", "db01"]], basic_constraints=["CA:TRUE"], signature_valid=False)) == 3
    )


@pytest.mark.parametrize("answer", [{}, {"msg": "Unable to load PEM file"}])
def test_what_cannot_be_read_is_not_signed(answer):
    (problem,) = problems(answer, "app01", NAMES, ["serverAuth"])
    assert "cannot be read" in problem and answer.get("msg", "") in problem


def test_a_clients_certificate_is_for_clients_alone():
    client = {**REQUEST, "extended_key_usage": ["TLS Web Client Authentication"]}
    assert problems(client, "app01", NAMES, ["clientAuth"]) == []
    assert problems(REQUEST, "app01", NAMES, ["clientAuth"])
