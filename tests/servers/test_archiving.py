# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose archiving it is: what another file turns on is never turned off, and what physical backups turned on is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.helpers.servers_base import owned

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.settings import archive_settings

OURS = archive_settings("pg-main", "main")
OFF = {"archive_mode": "off"}
THEIRS = {"archive_mode": "on", "archive_command": "true"}


@pytest.fixture
def archiving(make_servers):
    """A function that gives the server its files, restarts it if it is told to, and gives what discovery says then."""
    servers = make_servers({"pg-main": "db01"}, {"synchronous_standby_names": ""})
    directory = Path(servers.members["pg-main"]["config_directory"]) / "conf.d"
    before = (directory / "50-settings.conf").read_text()

    def give(own, theirs=None, file="10-theirs.conf", restart=False):
        for name, settings, text in (("50-settings.conf", own, before), (file, theirs or {}, "")):
            owned(directory / name, text + "".join(f"{key} = '{value}'\n" for key, value in settings.items()), 0o644)
        if restart:
            servers.stop("pg-main")
            servers.start("pg-main")
        else:
            servers.sql("pg-main", "SELECT pg_reload_conf()")
        return servers.discover()["pg-main"]["archive_is_ours"]

    give.servers = servers
    return give


def test_what_another_file_turns_on_is_theirs(archiving):
    assert archiving({}) is False, "nobody archives"
    assert archiving({}, THEIRS, restart=True) is False
    assert archiving(OURS, THEIRS) is False, "they get back what they had"
    assert archiving({}, {**THEIRS, "archive_mode": "Yes"}, "90-theirs.conf") is False
    # What postgres_settings said until now.
    assert archiving(THEIRS) is False


def test_what_physical_backups_turned_on_is_ours_until_another_file_turns_it_on(archiving):
    assert archiving(OURS, restart=True) is True
    assert archiving(OURS, {"archive_mode": "No"}) is True, "another file turns it off, by a restart too"
    assert archiving(OURS, {"archive_mode": "on"}, "55-before-restart.conf") is True, "the role's own file"
    assert archiving(OFF) is True, "a primary was to hand its role over and did not"
    assert archiving(OFF, restart=True) is True, "the line stays: the next run changes nothing"
    archiving.servers.sql("pg-main", "ALTER SYSTEM SET archive_mode = 'on'")
    assert archiving(OFF) is False
