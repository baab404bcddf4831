# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment key is one public key in one line: nothing of it may come before what it is allowed, or after it."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.run import REQUEST
from ansible_collections.plannerate.infra.plugins.module_utils._docker.deploy_keys import NUMBERS, PAGES, problems


def public(kind, *parts, says=None):
    """As ssh-keygen writes one."""
    found = [(says or kind).encode(), *parts]
    return f"{kind} {base64.b64encode(b''.join(len(each).to_bytes(4, 'big') + each for each in found)).decode()}"


ED25519 = "ssh-ed25519"
GOOD = public(ED25519, b"k" * 32)


@pytest.mark.parametrize(
    "key",
    [
        GOOD,
        GOOD + " github",
        GOOD + "\n",
        public("sk-ssh-ed25519@openssh.com", b"k" * 32, b"ssh:"),
        public("ssh-rsa", b"\1\0\1", b"n" * 257),
        public("ecdsa-sha2-nistp256", b"nistp256", b"p" * 65),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJrSPrlSvNTSBVVrbpuGZF9e9+cOBXZ8tuLFAjoBWYTW ops",
    ],
)  # fmt: skip
def test_a_public_key_is_taken(key):
    assert list(problems([key], "deploy-key-staging", {})) == []


@pytest.mark.parametrize(
    "key",
    [
        "", "x", 'command="sh" ' + GOOD, "no-pty " + GOOD, GOOD + "\n" + GOOD, GOOD + " a\nssh-ed25519 x", "#" + GOOD, " " + GOOD,
        public("ssh-dss", b"p" * 129), public(ED25519, b"k" * 32, says="ssh-rsa"), GOOD[:-4], GOOD[:-1] + "=", GOOD + "AAAA",
        ED25519 + " " + "A" * 68, public(ED25519, b""), ED25519 + " " + "A" * 41,
        "-----BEGIN OPENSSH PRIVATE KEY-----", {"key": GOOD}, GOOD + " \u00e9t\u00e9", GOOD + "\r\n" + GOOD,
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_expected(key):
    (said,) = problems([GOOD, key], "deploy-key-staging", {})
    assert (
        said.startswith("docker_host_deploy_keys[1] is ")
        and "expected a public SSH key in one line without options" in said
    )


def test_a_user_has_at_most_32_characters_where_there_is_one():
    long = "deploy-key-" + "x" * 22
    (said,) = problems([GOOD], long, {})
    assert long in said and list(problems([], long, {})) == []


@pytest.mark.parametrize(
    "options",
    [
        {"watch_second": 5},
        {"watch_seconds": "5"},
        {"newer_schema": True},
        {"migrate": False},
        {"log_lines": 20},
        {"pages": "/"},
        {"lock_seconds": -1},
    ],
)
def test_an_option_that_a_deployment_by_key_does_not_have_is_named(options):
    ((name, _value),) = options.items()
    (said,) = problems([], "u", options)
    assert said.startswith(f"docker_host_deploy_key_options has {name}: ") and "expected a number for one of" in said


def test_its_options_are_those_of_a_deployment_without_what_only_a_person_may_say():
    assert {*NUMBERS, PAGES} == {*REQUEST} - {"kind", "release", "newer_schema", "migrate", "log_lines"}
    assert list(problems([], "u", {"watch_seconds": 5, "pages": ["/login"]})) == []
