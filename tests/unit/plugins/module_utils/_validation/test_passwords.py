# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that everybody tries is found by what is stored of it, and no other."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.scram import scram_secret
from ansible_collections.plannerate.infra.plugins.module_utils._validation.passwords import (
    fits,
    weak_roles,
    weak_variables,
)


def md5(password, role):
    return "md5" + hashlib.new("md5", f"{password}{role}".encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("stored", [scram_secret("senha", "shop"), md5("senha", "shop"), "senha"])
def test_what_is_stored_tells_the_password(stored):
    assert fits("shop", stored, "senha")
    assert not fits("shop", stored, "other")


def test_roles_are_named_and_those_without_a_password_are_not():
    stored = {
        "shop": scram_secret("shop", "shop"),
        "other": scram_secret("k3-Zq8.vT1-pLm", "other"),
        "admin": md5("admin123", "admin"),
        "peer": None,
    }
    assert weak_roles(stored) == ["admin", "shop"]


@pytest.mark.parametrize("stored", ["SCRAM-SHA-256$x", "SCRAM-SHA-256$4096:a$b:c", ""])
def test_what_cannot_be_read_fits_nothing(stored):
    assert not fits("shop", stored, "shop")


def test_variables_are_named_by_what_they_hold():
    lines = [
        "DB_PASSWORD='password'",
        "REDIS_PASSWORD=k3Zq8vT1pLmX",
        "REVERB_APP_SECRET=",
        "# A_PASSWORD=x",
        "APP_NAME=x",
        "X",
    ]
    assert weak_variables(lines) == ["DB_PASSWORD", "REVERB_APP_SECRET"]
