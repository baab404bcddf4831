# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an interrupted run wrote is loaded by the next one."""

from __future__ import annotations

import pytest
from support.helpers.lab import changed, playbook


def converge(name):
    done = playbook(name)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("name", "file", "task"),
    [
        ("postgres", "/etc/postgresql/15/pg_main/conf.d/50-settings.conf", "Reload the member"),
        ("pgbouncer", "/etc/pgbouncer/pgbouncer_hba.conf", "Reload PgBouncer"),
    ],
)
def test_a_file_that_is_newer_than_the_process(db01, name, file, task):
    converge(name)
    db01.check_output(f"sleep 1; touch {file}")
    assert task in converge(name)
    assert changed(converge(name)) == 0
