# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes .env, and which secrets are asked for, generated and missed."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.environment import (
    missing_secrets,
    pgadmin_variables,
    variables,
    wanted_secrets,
)

STACK = {
    "environment": "my-shop",
    "domain": "example.com",
    "pgadmin_email": "team@example.com",
    "database": {"DB_HOST": "10.0.0.1", "DB_USERNAME": "shop"},
    "database_secret": "POSTGRES_SHOP_PASSWORD",
    "env": {"APP_ENV": "production"},
    "secrets": {"APP_KEY": "given", "MAIL_PASSWORD": None},
}
STORED = {
    "POSTGRES_SHOP_PASSWORD": "db",
    "MY_SHOP_REDIS_PASSWORD": "redis",
    "MY_SHOP_PGADMIN_PASSWORD": "pgadmin",
    "MY_SHOP_REVERB_APP_SECRET": "reverb",
    "MY_SHOP_DEFINITION_KEY": "no variable",
    "MY_SHOP_APP_KEY": "given",
    "MY_SHOP_MAIL_PASSWORD": "mail",
}


class TestWantedSecrets:
    def test_only_the_stack_s_own_passwords_may_be_generated(self):
        assert wanted_secrets(STACK) == {
            "POSTGRES_SHOP_PASSWORD": {"generate": False},
            "MY_SHOP_REDIS_PASSWORD": {},
            "MY_SHOP_PGADMIN_PASSWORD": {},
            "MY_SHOP_REVERB_APP_SECRET": {},
            "MY_SHOP_DEFINITION_KEY": {},
            "MY_SHOP_APP_KEY": {"value": "given", "generate": False},
            "MY_SHOP_MAIL_PASSWORD": {"value": None, "generate": False},
        }

    def test_a_password_that_the_inventory_gives_is_not_generated(self):
        wanted = wanted_secrets({**STACK, "secrets": {"REDIS_PASSWORD": "own"}})
        assert wanted["MY_SHOP_REDIS_PASSWORD"] == {"value": "own", "generate": False}


class TestMissingSecrets:
    def test_nothing_is_missing(self):
        assert missing_secrets(STACK, STORED) == []

    @pytest.mark.parametrize("value", [None, ""])
    def test_a_secret_without_a_value_is_named_as_the_application_knows_it(self, value):
        assert missing_secrets(STACK, {**STORED, "MY_SHOP_MAIL_PASSWORD": value}) == ["MAIL_PASSWORD"]

    def test_another_secret_of_the_same_name_is_not_the_environment_s(self):
        stack = {**STACK, "secrets": {"POSTGRES_SHOP_PASSWORD": None}}
        assert missing_secrets(stack, STORED) == ["POSTGRES_SHOP_PASSWORD"]


class TestVariables:
    def test_all_that_a_stack_needs(self):
        assert variables(STACK, STORED) == {
            "APP_URL": "https://example.com",
            "REDIS_HOST": "redis",
            "REDIS_PORT": 6379,
            "REDIS_PASSWORD": "redis",
            "REVERB_APP_ID": "my-shop",
            "REVERB_APP_KEY": "my-shop",
            "REVERB_APP_SECRET": "reverb",
            "REVERB_HOST": "reverb",
            "REVERB_SCALING_ENABLED": "true",
            "REVERB_PORT": 8080,
            "REVERB_SCHEME": "http",
            "BROADCAST_CONNECTION": "reverb",
            "CACHE_STORE": "redis",
            "QUEUE_CONNECTION": "redis",
            "SESSION_DRIVER": "redis",
            "DB_HOST": "10.0.0.1",
            "DB_USERNAME": "shop",
            "DB_PASSWORD": "db",
            "APP_ENV": "production",
            "APP_KEY": "given",
            "MAIL_PASSWORD": "mail",
        }

    def test_pgadmins_password_is_in_no_variable_of_the_application(self):
        given = {**STACK, "secrets": {"PGADMIN_PASSWORD": "own"}}
        assert "pgadmin" not in variables(given, STORED).values()
        assert pgadmin_variables(given, STORED) == {
            "PGADMIN_DEFAULT_EMAIL": "team@example.com",
            "PGADMIN_DEFAULT_PASSWORD": "pgadmin",
            "PGADMIN_CONFIG_ALLOW_SAVE_PASSWORD": "False",
        }

    # Each layer gives the names of those before it again.
    @pytest.mark.parametrize(
        ("change", "name", "value"),
        [
            ({"database": {"APP_URL": "of the database"}}, "APP_URL", "of the database"),
            ({"database": {"DB_PASSWORD": "of the database"}}, "DB_PASSWORD", "db"),
            ({"env": {"DB_HOST": "of env"}}, "DB_HOST", "of env"),
            ({"env": {"SESSION_DRIVER": "of env"}}, "SESSION_DRIVER", "of env"),
            ({"env": {"DB_PASSWORD": "of env"}}, "DB_PASSWORD", "of env"),
            ({"env": {"APP_KEY": "of env"}}, "APP_KEY", "given"),
        ],
    )
    def test_the_last_one_wins(self, change, name, value):
        assert variables({**STACK, **change}, STORED)[name] == value

    def test_a_variable_without_a_value_is_left_out(self):
        """It is no word "None", and takes away what the stack has by itself."""
        found = variables({**STACK, "env": {"SESSION_DOMAIN": None, "REDIS_HOST": None, "EMPTY": ""}}, STORED)
        assert not {"SESSION_DOMAIN", "REDIS_HOST"} & set(found) and found["EMPTY"] == ""
