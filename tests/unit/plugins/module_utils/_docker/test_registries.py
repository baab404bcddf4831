# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins as Docker reads them from its config.json."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._docker.registries import logins


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
