# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins as Docker reads them from its config.json."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.registries import (
    authority_files,
    logins,
    problems,
)


def test_user_and_password_become_one_value():
    registries = {
        "registry.example.com": {"username": "deploy", "password": "s3:cret", "ca_certificate": "PEM"},
        "other.example.com:5000": {"username": "ü", "password": 1},
    }
    assert logins(registries) == {
        "registry.example.com": {"auth": "ZGVwbG95OnMzOmNyZXQ="},
        "other.example.com:5000": {"auth": "w7w6MQ=="},
    }


def test_no_registry_no_login():
    assert logins({}) == {}


def test_a_registry_with_an_authority_of_its_own_gets_a_file():
    registries = {"registry.example.com:5000": {"ca_certificate": "PEM\n\n"}, "other.example.com": {"username": "a"}}
    assert authority_files(registries) == [
        {"path": "/etc/docker/certs.d/registry.example.com:5000", "directory": True},
        {"path": "/etc/docker/certs.d/registry.example.com:5000/ca.crt", "content": "PEM\n"},
    ]


@pytest.mark.parametrize("address", ["docker.io", "index.docker.io", "https://index.docker.io/v1/"])
def test_dockers_own_registry_has_the_only_name_by_which_docker_looks_it_up(address):
    assert list(logins({address: {"username": "me", "password": "x"}})) == ["https://index.docker.io/v1/"]
    assert list(problems({address: {"username": "me", "password": "x"}})) == []
