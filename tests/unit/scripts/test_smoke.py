# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check after a converge asks for, and of whom; the asking itself is tried on the lab."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import access  # noqa: E402
import smoke  # noqa: E402
from smoke import Answer  # noqa: E402

GUARDED = {"strict-transport-security": "max-age=31536000; includeSubDomains", "x-content-type-options": "nosniff"}


@pytest.mark.parametrize(("inventory", "domain"), [("production", "app.test"), ("staging", "dev.test")])
def test_each_inventory_has_the_domain_of_its_own_environment(inventory, domain):
    assert smoke.served(str(ROOT / "molecule/default/inventory" / inventory)) == [{"domain": domain, "wildcard": True}]


def test_an_inventory_without_a_domain_is_refused(tmp_path):
    (tmp_path / "hosts.yml").write_text("docker_hosts: {hosts: {app01: }}\n")
    with pytest.raises(access.AccessRefused, match="Found no domain"):
        smoke.served(str(tmp_path))


def test_names_below_the_domain_are_asked_where_the_certificate_covers_them():
    assert [check.url for check in smoke.checks("app.test")] == [
        "https://app.test/up",
        "https://smoke.app.test/up",
        "https://app.test/up",
        "http://app.test/up",
    ]
    assert "https://smoke.app.test/up" not in [check.url for check in smoke.checks("app.test", wildcard=False)]


def test_what_counts_as_kept():
    up, tenant, guarded, redirect = smoke.checks("app.test")
    assert up.passes(Answer(200, {})) and not up.passes(Answer(503, {}))
    assert tenant.passes(Answer(200, {})) and not tenant.passes(Answer(404, {}))
    assert guarded.passes(Answer(200, GUARDED))
    for name in GUARDED:
        assert not guarded.passes(Answer(200, {key: value for key, value in GUARDED.items() if key != name}))
    assert not guarded.passes(Answer(200, GUARDED | {"strict-transport-security": "max-age=60"}))
    assert redirect.passes(Answer(308, {"location": "https://app.test/up"}))
    assert not redirect.passes(Answer(302, {"location": "https://app.test/up"}))
    assert not redirect.passes(Answer(301, {"location": "https://elsewhere.test/up"}))
