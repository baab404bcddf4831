# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password is generated for a new owner only."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.owner_secrets import owner_secrets


def test_one_is_generated_for_a_new_owner_only():
    databases = [{"name": "a", "owner": "old"}, {"name": "b", "owner": "new"}]
    assert owner_secrets(databases, ["postgres", "old"]) == {
        "POSTGRES_OLD_PASSWORD": {"value": None, "generate": False},
        "POSTGRES_NEW_PASSWORD": {"value": None, "generate": True},
    }


def test_the_inventorys_password_is_passed_on():
    database = {"name": "a", "owner": "old", "password": "from the vault"}
    assert owner_secrets([database], ["old"])["POSTGRES_OLD_PASSWORD"]["value"] == "from the vault"


def test_two_databases_of_an_owner_share_one():
    databases = [{"name": "a", "owner": "shop"}, {"name": "b", "owner": "shop"}]
    assert list(owner_secrets(databases, [])) == ["POSTGRES_SHOP_PASSWORD"]
