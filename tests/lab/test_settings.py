# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setting is loaded where it can be, and a wrong one never takes the place of a right one."""

from __future__ import annotations

import pytest
from support.helpers.lab import playbook


def converge(**variables):
    done = playbook("postgres", variables=variables or None)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(autouse=True, scope="module")
def as_before():
    yield
    converge()


def test_a_reloadable_setting_reloads(started, show):
    before = started()
    converge(postgres_settings={"log_min_duration_statement": "77ms"})
    assert set(show("log_min_duration_statement").values()) == {"77ms"}
    assert started() == before


def test_a_wrong_setting_never_replaces_a_right_one(started, db01):
    path = "/etc/postgresql/15/pg_main/conf.d/50-settings.conf"
    before = started(), db01.file(path).content_string
    done = playbook("postgres", variables={"postgres_settings": {"work_memory": "4MB"}})
    assert done.returncode != 0
    assert 'unrecognized configuration parameter "work_memory"' in done.stdout
    assert (started(), db01.file(path).content_string) == before
