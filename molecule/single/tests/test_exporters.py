# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian 13's exporters, PostgreSQL 17 or 18 and PgBouncer 1.24 or 1.26 give the rules the same series as Debian 12's."""

from __future__ import annotations

import pytest
from support.helpers.lab import wait_for
from support.helpers.monitoring import read_by_rules

# What runs on these machines; the lab has the rest.
HERE = ("machine_", "node_", "pg_", "pgbouncer_", "postgres_", "prometheus_", "alertmanager_", "up{")


# Physical backups are off.
@pytest.mark.parametrize(
    "selector", [each for each in read_by_rules() if each.startswith(HERE) and "s3_backup_physical" not in each]
)
def test_what_a_rule_reads_exists(monitoring, selector):
    wait_for(lambda: monitoring.query(f"count({selector})"), timeout=60, what=f"a sample of {selector}")


@pytest.mark.parametrize("column", ["timed", "requested"])
def test_checkpoints_are_counted_where_their_columns_have_moved(monitoring, column):
    """PostgreSQL 17 took them out of pg_stat_bgwriter, which is where the exporter looks."""
    metric = f"postgres_checkpoints_{column}"
    wait_for(lambda: monitoring.query(f"count({metric}) == 2"), timeout=60, what=f"{metric} of both members")
