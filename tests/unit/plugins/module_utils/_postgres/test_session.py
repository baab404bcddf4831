# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import (
    connection_arguments,
    login_argument_spec,
)

DEFAULTS = {name: option.get("default") for name, option in login_argument_spec().items()}


def test_over_the_socket_nothing_but_the_role_and_the_port_is_needed():
    keywords = connection_arguments(DEFAULTS)
    assert "host" not in keywords
    assert "password" not in keywords
    assert (keywords["user"], keywords["port"], keywords["dbname"]) == ("postgres", 5432, "postgres")


def test_no_session_waits_for_standbys_or_locks_for_ever():
    options = connection_arguments(DEFAULTS)["options"]
    for setting in ("synchronous_commit=local", "statement_timeout=", "lock_timeout="):
        assert f"-c {setting}" in options


def test_a_host_goes_over_a_socket_and_a_database_over_the_default():
    params = {
        **DEFAULTS,
        "login_host": "db01",
        "login_unix_socket": "/run",
        "ssl_mode": "verify-full",
        "ca_cert": "/ca",
    }
    keywords = connection_arguments(params, "app")
    assert (keywords["host"], keywords["dbname"]) == ("db01", "app")
    assert (keywords["sslmode"], keywords["sslrootcert"]) == ("verify-full", "/ca")
