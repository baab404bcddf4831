# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes a stack's ``.env``, and the secrets that it needs from the credentials file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

# Each environment has its own. They are generated when they are not in the credentials file.
PGADMIN = "PGADMIN_PASSWORD"
GENERATED = ("REDIS_PASSWORD", PGADMIN, "REVERB_APP_SECRET")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Of the labels of containers: no variable of the application.
KEY = "DEFINITION_KEY"


class Stack(TypedDict):
    """What the inventory says about the stack of an environment."""

    environment: str
    domain: str
    pgadmin_email: str
    # Variables for the connection to the database, and the name of its owner's password in the credentials file.
    database: Mapping[str, str]
    database_secret: str
    # The application's own variables and secrets. A secret without a value is taken from the credentials file.
    env: Mapping[str, Any]
    secrets: Mapping[str, str | None]


class WantedSecret(TypedDict, total=False):
    """An entry of the option ``secrets`` of M(plannerate.infra.credentials_file)."""

    value: str | None
    generate: bool


# Where the application sends its events: straight to the container. Whoever names another host means its port and scheme too.
_REVERB = {"REVERB_HOST": "reverb", "REVERB_PORT": 8080, "REVERB_SCHEME": "http"}


def wanted_secrets(stack: Stack) -> dict[str, WantedSecret]:
    """What the credentials file is asked for, by the names that it uses."""
    # The owner's password is made with the owner: a password generated here would not fit an existing role.
    wanted: dict[str, WantedSecret] = {stack["database_secret"]: {"generate": False}}
    for name in (*GENERATED, KEY):
        wanted[_stored_name(stack, name)] = {}
    for name, value in stack["secrets"].items():
        wanted[_stored_name(stack, name)] = {"value": value, "generate": False}
    return wanted


def missing_secrets(stack: Stack, stored: Mapping[str, str | None]) -> list[str]:
    """The application's secrets that have no value, neither in the inventory nor in the credentials file.

    :arg stored: what the credentials file answered to :func:`wanted_secrets`.
    """
    return [name for name in stack["secrets"] if not stored.get(_stored_name(stack, name))]


def variables(stack: Stack, stored: Mapping[str, str | None]) -> dict[str, Any]:
    """Names and values of ``.env``. Where a name is given more than once, the last one wins in this order: the stack's own,
    the database's variables, the database's password, ``env``, ``secrets``. A variable without a value (null) is left out.

    :arg stored: what the credentials file answered to :func:`wanted_secrets`.
    """
    redis, reverb = (stored[_stored_name(stack, name)] for name in GENERATED if name != PGADMIN)
    found = {
        "APP_URL": f"https://{stack['domain']}",
        "REDIS_HOST": "redis",
        "REDIS_PORT": 6379,
        "REDIS_PASSWORD": redis,
        "REVERB_APP_ID": stack["environment"],
        "REVERB_APP_KEY": stack["environment"],
        "REVERB_APP_SECRET": reverb,
        # Of two releases' Reverbs, each hears the events of both.
        "REVERB_SCALING_ENABLED": "true",
        **({} if "REVERB_HOST" in {**stack["env"], **stack["secrets"]} else _REVERB),
        # Without these, Laravel keeps all of it in the database, and drops events.
        "BROADCAST_CONNECTION": "reverb",
        "CACHE_STORE": "redis",
        "QUEUE_CONNECTION": "redis",
        "SESSION_DRIVER": "redis",
        **stack["database"],
        "DB_PASSWORD": stored[stack["database_secret"]],
        **stack["env"],
        **{name: stored[_stored_name(stack, name)] for name in stack["secrets"] if name != PGADMIN},
    }
    return {name: value for name, value in found.items() if value is not None}


def pgadmin_variables(stack: Stack, stored: Mapping[str, str | None]) -> dict[str, Any]:
    """The variables of pgAdmin's container, which the application's does not have."""
    return {
        "PGADMIN_DEFAULT_EMAIL": stack["pgadmin_email"],
        "PGADMIN_DEFAULT_PASSWORD": stored[_stored_name(stack, PGADMIN)],
        # As Python has it. What people type in is in nobody's file.
        "PGADMIN_CONFIG_ALLOW_SAVE_PASSWORD": "False",
    }


def problems(option: str, values: Mapping[str, Any]) -> Iterator[str]:
    """What cannot stand in a file of variables, such as ``.env``, by the option and the variable's name; never a value."""
    for name, value in values.items():
        if not _NAME.fullmatch(str(name)):
            yield f"{option}: {name} is no name of a variable, expected letters, digits and _, not beginning with a digit"
        if isinstance(value, (dict, list)):
            yield f"{option}: {name} is a {'dictionary' if isinstance(value, dict) else 'list'}, expected a text. Write it in quotes"
        elif re.search(r"[\n\r\0]", str(value)):
            yield (
                f"{option}: {name} has several lines, or ends with a line break, expected one line: Compose reads no others in every "
                f'version. Write it in one, which the application decodes: {name}: "{{{{ … | b64encode }}}}"'
            )


def _stored_name(stack: Stack, name: str) -> str:
    """A secret's name in the credentials file, which holds the secrets of all environments."""
    return f"{stack['environment'].upper().replace('-', '_')}_{name}"
