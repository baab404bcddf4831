# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules over data that really exist, each environment by itself, somebody to tell, and someone who notices silence."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import changed, playbook, wait_for
from support.helpers.monitoring import read_by_rules

# Physical backups are off, and there is no log server.
ABSENT = re.compile('s3_backup_physical|logs_|exported_job="copy"')
PROBES = {"https://app.test/up", "https://dev.test/up"}


@pytest.mark.usefixtures("backed_up")
@pytest.mark.parametrize("selector", [each for each in read_by_rules() if not ABSENT.search(each)])
def test_what_a_rule_reads_exists(monitoring, selector):
    wait_for(lambda: monitoring.query(f"count({selector})"), timeout=60, what=f"a sample of {selector}")


def test_both_environments_are_probed(monitoring):
    found = monitoring.query('probe_success{job="probe"} == 1')
    assert {sample["metric"]["target"] for sample in found} == PROBES
    assert {sample["metric"]["environment"] for sample in found} == {"production", "staging"}


def test_the_dead_mans_switch_is_called(receiver):
    wait_for(lambda: receiver.now() - receiver.last_call() < 130, timeout=130, what="a call")


def test_another_environment_changes_its_own_files_only(monitoring):
    """Production's targets and expectations are what they were, and nothing of the machines' part changes."""
    files = "find /etc/prometheus /etc/monitoring -type f | sort | xargs sha256sum"

    def sums():
        return {
            f"{name} {line.split()[1]}": line.split()[0]
            for name in monitoring.machines
            for line in monitoring.of(name).check_output(files).splitlines()
        }

    before = sums()
    own = {"monitoring_probes": ["https://dev.test/up", "https://dev.test/"], "monitoring_containers": ["one-more"]}
    machines = {"monitoring_interval": 7, "monitoring_retention": "1d", "monitoring_dead_man_url": ""}
    try:
        done = playbook("monitoring", inventory="staging", variables={**own, **machines})
        assert done.returncode == 0, done.stdout
        after = sums()
        assert {path for path in after if after[path] != before.get(path)} == {
            "app01 /etc/monitoring/expected/staging.json",
            "app01 /etc/prometheus/probes-staging.yml",
        }
        wait_for(lambda: len(monitoring.query('up{job="probe"}')) == 3, timeout=60, what="what is probed")
    finally:
        done = playbook("monitoring", inventory="staging")
    assert done.returncode == 0 and changed(done.stdout) == 1, done.stdout
    assert sums() == before


@pytest.mark.usefixtures("backed_up")
def test_the_measures_of_success_are_one_table():
    def taken():
        command = ["python", "scripts/report.py", "slo", "--json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        # A promise that the tests before this one broke, such as the replication lag, is told by exit code 1.
        assert done.returncode in (0, 1) and done.stdout, done.stderr
        rows = json.loads(done.stdout)
        # A database that was never drilled has a row without a value.
        return rows if len({row["measure"] for row in rows if row["value"] is not None}) == 5 else None

    rows = wait_for(taken, timeout=60, what="all five measures")
    assert {row["environment"] for row in rows if row["measure"].startswith("uptime")} == {"production", "staging"}


def test_no_receiver_is_refused_unless_it_is_meant():
    refused = playbook("monitoring", "--check", variables={"monitoring_receiver": {}})
    assert refused.returncode != 0 and changed(refused.stdout) == 0
    assert "monitoring_without_receiver" in refused.stdout
    meant = {"monitoring_receiver": {}, "monitoring_without_receiver": True}
    assert playbook("monitoring", "--check", variables=meant).returncode == 0
