# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that an adopted cluster still has from before is reported until it is gone."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._adoption.report import report

MEMBERS = [
    {"name": "pg-main", "slot": "pg_main", "config_directory": "/etc/postgresql/15/main"},
    {"name": "pg-replica1", "slot": "pg_replica1", "config_directory": "/etc/postgresql/15/replica1"},
]


def answer(**others):
    return {
        "managed": True,
        "adopted_at": 100.0,
        "restarted_since_adoption": True,
        "pending_restart": [],
        "adopted_rules": None,
        "adopted_settings": [],
        "auto_conf": [],
        "md5_roles": [],
        "slots": [{"name": "pg_replica1", "active": True, "restart_lsn": "0/10"}],
        "lsn": "0/50",
        "data_checksums": True,
        "locales": {"app": "UTF8 C.UTF-8"},
        **others,
    }


def told(primary=None, standby=None):
    answers = {"pg-main": answer(**(primary or {})), "pg-replica1": answer(**(standby or {}))}
    return report(MEMBERS, answers, {"primary": "pg-main"})


def test_what_was_never_adopted_has_no_report():
    assert told({"adopted_at": None}, {"adopted_at": None}) == []
    assert report(MEMBERS, {}, {"primary": None}) == []


def test_an_adoption_that_was_interrupted_has_no_report():
    assert told({"managed": False}, {"managed": False}) == []


def test_what_is_not_known_of_a_stopped_member_is_not_reported():
    assert len(told(standby={"data_checksums": None})) == 1


def test_when_nothing_is_left_only_the_kept_files_are():
    (last,) = told()
    assert "/etc/postgresql/15/main/adopted, /etc/postgresql/15/replica1/adopted" in last


@pytest.mark.parametrize(
    ("primary", "expected"),
    [
        ({"pending_restart": ["ssl"], "restarted_since_adoption": False}, "pending restart (ssl: pg-main)"),
        (
            {"adopted_rules": ["host all all 10.0.0.0/8 trust", "local all all md5"]},
            "pg-main: 2 access rules from before",
        ),
        ({"adopted_rules": ["host all all 10.0.0.0/8 trust", "local all all md5"]}, "1 of them without a password"),
        ({"md5_roles": ["app"]}, "passwords kept as MD5: app"),
        ({"adopted_settings": ["timezone"]}, "pg-main: settings stay in conf.d/00-adopted.conf: timezone"),
        ({"auto_conf": ["log_statement"]}, "pg-main: settings stay in postgresql.auto.conf: log_statement"),
        (
            {"slots": [{"name": "slot_a", "active": False, "restart_lsn": "0/10"}]},
            "slot slot_a is from before the adoption, is not used by anybody and keeps 64 bytes of WAL: "
            "SELECT pg_drop_replication_slot('slot_a')",
        ),
        (
            {"slots": [{"name": "slot_a", "active": True, "restart_lsn": None}]},
            "slot slot_a is from before the adoption, is in use",
        ),
        ({"data_checksums": False}, "no data checksums: pg-main"),
        ({"locales": {"app": "LATIN1 pt_BR"}}, "app (LATIN1 pt_BR)"),
    ],
)
def test_what_is_left_is_told(primary, expected):
    messages = told(primary)
    assert len(messages) == 2
    assert expected in messages[0]


def test_a_change_of_settings_after_the_restart_is_no_matter_of_the_adoption():
    assert len(told({"pending_restart": ["ssl"], "restarted_since_adoption": True})) == 1


def test_members_that_share_something_are_named_together():
    messages = told({"auto_conf": ["log_statement"]}, {"auto_conf": ["log_statement"]})
    assert messages[0] == "pg-main, pg-replica1: settings stay in postgresql.auto.conf: log_statement"
