# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program meets the server that the snapshot is of."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine import session


@pytest.mark.parametrize(
    ("keywords", "found"),
    [
        ({"host": "/run/postgresql"}, {"host": "/run/postgresql", "port": "5433"}),
        ({"host": "a,b", "port": "5432,5433", "hostaddr": "1,2"}, {"host": "b", "port": "5433", "hostaddr": "2"}),
        ({"host": "b,b", "port": "5432,5433"}, {"host": "b", "port": "5433"}),
        ({"host": "a,b", "port": "5433", "hostaddr": "1,2"}, {"host": "b", "port": "5433", "hostaddr": "2"}),
        ({"host": "b", "port": "5433", "user": "u", "dbname": "x"}, {"host": "b", "port": "5433", "user": "u"}),
    ],
)
def test_one_of_several_servers_is_named_with_its_address(keywords, found):
    host = found["host"]
    assert session.one_server(keywords, host, 5433) == found


def test_settings_are_passed_to_every_session():
    made = session.with_settings("host=a", {"synchronous_commit": "local", "statement_timeout": "0"})
    assert session.extensions.parse_dsn(made) == {
        "host": "a",
        "options": "-c search_path=pg_catalog -c role=none -c synchronous_commit=local -c statement_timeout=0",
    }


def test_a_password_in_the_connection_string_is_refused_before_anybody_sees_it():
    with pytest.raises(session.UsageError, match="holds a password, which process lists would show; use passfile="):
        session.connect("host=/nonexistent password=secret")


def test_quoting():
    assert session.quoted('a"b') == '"a""b"'
    assert session.literal("it's \\") == "E'it''s \\\\'"
