# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that cannot be asked tells by its files for how many standbys its commits waited."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.synchronous_files import synchronous_in_files


@pytest.fixture
def directories(tmp_path):
    """(configuration, data) of a server; a function that writes one of their files."""
    (tmp_path / "config" / "conf.d").mkdir(parents=True)
    (tmp_path / "data").mkdir()

    def write(path, text):
        (tmp_path / path).write_text(text)

    return (str(tmp_path / "config"), str(tmp_path / "data")), write


def values(found):
    return {each["name"]: each["value"] for each in found}


def test_the_last_file_wins(directories):
    paths, write = directories
    write("config/postgresql.conf", "synchronous_standby_names = 'a'\n")
    write("config/conf.d/50-settings.conf", "synchronous_standby_names = 'ANY 1 (b)'\nsynchronous_commit = off\n")
    assert values(synchronous_in_files(*paths)) == {
        "synchronous_standby_names": "ANY 1 (b)",
        "synchronous_commit": "off",
    }
    write("data/postgresql.auto.conf", "synchronous_standby_names = ''\n")
    found = synchronous_in_files(*paths)
    assert values(found)["synchronous_standby_names"] == ""
    assert found[0]["source"].endswith("postgresql.auto.conf")


def test_what_no_file_says_is_the_servers_default(directories):
    paths, write = directories
    write("config/postgresql.conf", "port = 5432\n")
    assert values(synchronous_in_files(*paths)) == {"synchronous_standby_names": "", "synchronous_commit": "on"}


def test_without_a_main_file_nothing_is_known(directories):
    assert synchronous_in_files(*directories[0]) is None
