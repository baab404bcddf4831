# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's own signing, with a real authority and real requests: one that was tampered with ends the run and names what differs."""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.helpers.checkout import ROOT

NOW = datetime.now(timezone.utc).replace(microsecond=0)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.include_tasks": "one.yml", "loop": "{{ requests | dict2items }}"}],
    }
]
ONE = [
    {
        "block": [
            {
                "ansible.builtin.include_role": {
                    "name": "plannerate.infra.machine",
                    "tasks_from": "sign",
                    "rolespec_validate": False,
                },
                "vars": {
                    "__machine_request": {"csr": "{{ item.value }}"},
                    "__machine_certificate": {"name": "machine", "uses": ["serverAuth"]},
                },
            },
            {
                "ansible.builtin.copy": {
                    "content": "{{ __machine_signed.certificate }}",
                    "dest": "{{ results }}/{{ item.key }}",
                }
            },
        ],
        "rescue": [
            {
                "ansible.builtin.copy": {
                    "content": "refused: {{ ansible_failed_result.msg }}",
                    "dest": "{{ results }}/{{ item.key }}",
                }
            }
        ],
    }
]


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def names(*more):
    return x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *more]
    )


def request(subject="localhost", alternative=None, uses=(SERVER,), extensions=(), key=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(subject))
    for extension in (alternative or names(), x509.ExtendedKeyUsage(uses), *extensions):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


REQUESTS = {
    "good": request(),
    "authority": request(
        extensions=[
            x509.BasicConstraints(ca=True, path_length=None),
            x509.KeyUsage(*[True] + [False] * 4, True, True, False, False),
        ]
    ),
    "other": request(
        subject="db01", alternative=x509.SubjectAlternativeName([x509.DNSName("db01")]), uses=(SERVER, CLIENT)
    ),
    "more": request(alternative=names(x509.DNSName("db01"))),
    "short": request(key=rsa.generate_private_key(65537, 1024)),
    "garbage": "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
}


@pytest.fixture(scope="module")
def authority_end():
    return NOW + timedelta(days=100)


@pytest.fixture(scope="module")
def answers(tmp_path_factory, authority_end):
    directory = tmp_path_factory.mktemp("signing")
    (directory / "results").mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("test CA"))
        .issuer_name(name("test CA"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(authority_end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "ca.key").write_bytes(key.private_bytes(*private))
    variables = {
        "ansible_python_interpreter": sys.executable,
        "requests": REQUESTS,
        "results": str(directory / "results"),
        "machine_authority": "localhost",
        "machine_ca_directory": str(directory),
        "machine_address": "127.0.0.1",
        "machine_owned": True,
        "__machine_ca": {"not_after": authority_end.strftime("%Y%m%d%H%M%SZ")},
    }
    (directory / "variables.json").write_text(json.dumps(variables))
    (directory / "play.yml").write_text(yaml.safe_dump(PLAY))
    (directory / "one.yml").write_text(yaml.safe_dump(ONE))
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"@{directory}/variables.json"]
    done = subprocess.run(
        [*command, directory / "play.yml"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {key: (directory / "results" / key).read_text() for key in REQUESTS}


def test_what_a_machine_may_have_is_signed_for_its_names_and_uses_and_does_not_outlive_the_authority(
    answers, authority_end
):
    signed = x509.load_pem_x509_certificate(answers["good"].encode())
    assert signed.subject == name("localhost")
    assert signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == names()
    assert list(signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [SERVER]
    assert signed.not_valid_after_utc == authority_end, "825 days would be longer"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("authority", "it is for an authority (CA:TRUE)"),
        ("other", "its subject is commonName=db01, expected commonName=localhost"),
        ("other", "its names are DNS:db01, expected DNS:localhost, IP:127.0.0.1"),
        ("more", "its names are DNS:db01, DNS:localhost, IP:127.0.0.1, expected DNS:localhost, IP:127.0.0.1"),
        ("other", "its uses are TLS Web Client Authentication, TLS Web Server Authentication, expected TLS Web Server"),
        ("authority", "it has the extension keyUsage"),
        ("short", "its key is RSA 1024, expected ECC secp256r1"),
        ("garbage", "it cannot be read"),
    ],
)
def test_a_request_for_anything_else_is_refused_by_name(answers, key, told):
    assert answers[key].startswith("refused: localhost asks for a certificate that it must not have: ")
    assert told in answers[key]
    assert "Nothing was signed" in answers[key]
