# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two alerts are seen to arrive and to resolve; `make drill` tries the others. A broken file of rules replaces no good one."""

from __future__ import annotations

from support.helpers.drill import Breakage, drill
from support.helpers.lab import playbook
from support.helpers.monitoring import QUIET


def test_a_stopped_replica_and_a_removed_container_are_told(monitoring, receiver):
    breakages = [
        Breakage(
            "replica stopped",
            "db01",
            "systemctl stop postgresql@15-pg_replica2",
            "systemctl start postgresql@15-pg_replica2",
            "PostgresReplicaMissing",
            {"member": "pg-replica2"},
        ),
        Breakage(
            "container removed",
            "app01",
            "docker rm --force plannerate-scheduler-staging",
            "docker compose --project-name plannerate-staging --file /opt/plannerate/staging/docker-compose.staging.yml "
            "up --detach scheduler",
            "ContainerMissing",
            {"container": "plannerate-scheduler-staging", "environment": "staging"},
        ),
    ]
    drill(monitoring, receiver, breakages)


def test_a_broken_file_of_rules_replaces_no_good_one(monitoring):
    checksums = "sha256sum /etc/prometheus/rules.yml"
    before = monitoring.machine.check_output(checksums)
    broken = {"_monitoring_rules": ["../../../../tests/support/data/broken_rules/slo"]}
    done = playbook("monitoring", "--limit=app01,pg-*", variables=broken)
    assert done.returncode != 0
    assert "/etc/prometheus/rules.yml is refused by promtool check rules" in " ".join(done.stdout.split())
    assert monitoring.machine.check_output(checksums) == before
    monitoring.wait_until_quiet()
    assert monitoring.firing() == QUIET
