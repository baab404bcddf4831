# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an interrupted run wrote for PgBouncer is loaded by the next one."""

from __future__ import annotations

from lab import changed, playbook


def converge():
    done = playbook("pgbouncer")
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_file_that_is_newer_than_the_process(pooler):
    converge()
    pooler.machine.check_output("sleep 1; touch /etc/pgbouncer/pgbouncer_hba.conf")
    assert "Reload PgBouncer" in converge()
    assert changed(converge()) == 0
