# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a public scanner says about TLS, and the security headers of every kind of answer."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from sslyze import Scanner, ServerNetworkLocation, ServerScanRequest
from sslyze.mozilla_tls_profile.tls_config_checker import (
    SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
    MozillaTlsConfiguration,
    ServerNotCompliantWithTlsConfiguration,
    TlsConfigurationEnum,
    check_server_against_tls_configuration,
)
from support.helpers.edge import ADDRESS

DOMAINS = ("app.test", "dev.test")
HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
VERSIONS = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3")
# What the authority decides and the role cannot: in the lab that is Pebble, whose root no public store has.
AUTHORITYS = {"certificate_path_validation", "certificate_signatures", "maximum_certificate_lifespan"}

everywhere = pytest.mark.parametrize("domain", DOMAINS)


@pytest.fixture(scope="module")
def scans():
    """What sslyze found out, by domain."""
    scanner = Scanner()
    scanner.queue_scans(
        [
            ServerScanRequest(
                ServerNetworkLocation(domain, ip_address=ADDRESS),
                scan_commands=SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
            )
            for domain in DOMAINS
        ]
    )
    return {result.server_location.hostname: result for result in scanner.get_results()}


@everywhere
def test_nothing_is_offered_that_mozillas_intermediate_configuration_rejects(scans, domain):
    """Versions, ciphers, curves, the key of the certificate, and the known attacks.

    The certificate's chain is verified in test_edge_answers.py, and not compared here: see AUTHORITYS. Neither is the age of
    HSTS, which sslyze leaves out: Mozilla asks for two years, browsers' preload lists for one.
    """
    problems = {}
    try:
        check_server_against_tls_configuration(
            scans[domain], MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_INTERMEDIATE)
        )
    except ServerNotCompliantWithTlsConfiguration as found:
        problems = found.issues
    assert {name: problem for name, problem in problems.items() if name not in AUTHORITYS} == {}


@everywhere
def test_both_current_versions_are_offered_and_no_older_one(scans, domain):
    """An offer of nothing would be rejected by nobody's configuration."""
    results = {version: getattr(scans[domain].scan_result, f"{version}_cipher_suites").result for version in VERSIONS}
    assert {version for version, result in results.items() if result.accepted_cipher_suites} == {"tls_1_2", "tls_1_3"}


def assert_secure(answer):
    """It has the headers, and does not name the program that made it."""
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert not {"server", "x-powered-by"} & answer.headers.keys()


@everywhere
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/nowhere", 404),
        ("/build/assets/app-4f3c9a1b.js", 200),
        ("/build/assets/app-00000000.js", 404),
    ],
    ids=["page", "no such page", "asset", "no such asset"],
)
def test_the_application_answers_with_the_security_headers(visitor, domain, path, status):
    answer = visitor.ask(f"https://{domain}{path}")
    assert answer.status == status
    assert_secure(answer)


def test_pgadmin_answers_with_them_its_refusal_its_redirect_and_its_page(visitor):
    refusal = visitor.ask("https://pgadmin.dev.test/browser/")
    assert refusal.status == 403, "nobody is listed there"
    assert_secure(refusal)
    url = "https://pgadmin.app.test/browser/"
    redirect = visitor.ask(url)
    assert redirect.status in (301, 302, 303, 307, 308)
    assert_secure(redirect)
    page = visitor.ask(urljoin(url, redirect.headers["location"]))
    assert page.status == 200
    assert_secure(page)


@everywhere
def test_the_redirect_from_plain_http_does_not_speak_of_https_to_come(visitor, domain):
    """Whoever can change what is sent over plain HTTP could have written that header; RFC 6797, 7.2, forbids it there."""
    answer = visitor.ask(f"http://{domain}/")
    assert answer.status in (301, 308)
    assert "strict-transport-security" not in answer.headers
