# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles say of services that restart is a row of the list, and there is none where nothing changed."""

from __future__ import annotations

import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play, values_of_role

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import row

RETENTION = "/etc/systemd/system/prometheus.service.d/50-loopback.conf"
TIMER = "/etc/systemd/system/plannerate-backup@shop.timer"
POOLER = {
    "_pgbouncer_answer": {"started": ["pgbouncer-replica-agent.service", "haproxy", "pgbouncer"], "stale": []},
    "_pgbouncer_pending": {"reload": [], "restart": []},
}
BACKUPS = {
    "s3_backup_environment": "shop",
    "__s3_backup_files": {"pending": []},
    "__s3_backup_probe": {"stdout_lines": ["started plannerate-backup@shop.timer", "started plannerate-backup-drill@shop.timer"]},
}  # fmt: skip
MONITORING = {
    "_monitoring_server": True,
    "_monitoring_members": [{"port": 5432}],
    "__monitoring_files": {"changed_paths": []},
    "__monitoring_stale": {"stdout_lines": []},
}
ROLES = {
    "pgbouncer": (
        "_pgbouncer_restarts",
        POOLER,
        {
            "__pgbouncer_files": {"pending": ["/etc/pgbouncer/replica-agent.json", "/etc/haproxy/haproxy.cfg"]},
            "_pgbouncer_pending": {"reload": ["a pool"], "restart": ["listen_backlog is '128', wanted '512'"]},
        },
        ["pgbouncer-replica-agent.service", "pgbouncer"],
    ),
    "s3_backup": (
        "_s3_backup_restarts",
        BACKUPS,
        {"__s3_backup_files": {"pending": [TIMER, "/etc/plannerate/backup.json"]}},
        ["plannerate-backup@shop.timer", "plannerate-backup-drill@shop.timer"],
    ),
    "monitoring": (
        "_monitoring_restarts",
        MONITORING,
        {
            "__monitoring_files": {"changed_paths": [RETENTION, "/etc/prometheus/rules.yml"]},
            "__monitoring_stale": {"stdout_lines": ["prometheus-alertmanager.service reloaded"]},
        },
        ["prometheus.service"],
    ),
}


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_restarts_is_a_row(tmp_path, role):
    expression, unchanged, change, expected = ROLES[role]
    before, after = values_of_role(tmp_path, role, (expression, unchanged), (expression, {**unchanged, **change}))
    assert before == []
    assert [row(each, "db01")["name"] for each in after] == expected


def test_a_pgbouncer_that_would_restart_counts_as_a_change_in_check_mode(tmp_path):
    (tmp_path / "templates").symlink_to(ROOT / "roles/pgbouncer/templates")
    tasks = [{"name": "Restart", "ansible.builtin.include_tasks": str(ROOT / "roles/pgbouncer/tasks/restart.yml")}]
    variables = {
        "ansible_python_interpreter": sys.executable,
        "_pgbouncer_pending": {"restart": ["listen_backlog"]},
        "_pgbouncer_sockets": "/x",
        "pgbouncer_port": 1,
    }
    play = {"hosts": "all", "vars": variables, "tasks": tasks}
    code, said = run_play(tmp_path, play, "--inventory=db01,", "--check")
    assert code == 0 and "changed=1" in said, said


def test_each_file_of_monitorings_units_makes_a_unit_load_it():
    """systemd goes on with what it has read. Without a unit that is stale, nobody tells it to read again."""
    variables = {}
    for path in sorted((ROOT / "roles/monitoring/vars/main").iterdir()):
        variables |= yaml.safe_load(path.read_text())
    lists = (
        "_monitoring_exporter_unit_files", "_monitoring_server_unit_files", "_monitoring_postgres_files", "_monitoring_grafana_files",
    )  # fmt: skip
    written = {entry["path"] for name in lists for entry in variables[name] if {"template", "src"} & set(entry)}
    unit = {"{{ _monitoring_grafana_unit_file }}": variables["_monitoring_grafana_unit_file"]}
    read = variables["_monitoring_units"] + str(
        [*variables["_monitoring_server_units"], *variables["_monitoring_grafana_units"]]
    )
    for name, path in unit.items():
        read, written = read.replace(name, path), {path if one == name else one for one in written}
    found = [path for path in sorted(written) if path.startswith("/etc/systemd/")]
    assert unit["{{ _monitoring_grafana_unit_file }}"] in found
    assert [path for path in found if f"'{path}'" not in read] == []


def test_check_mode_starts_no_unit_that_only_a_run_writes(tmp_path):
    (tmp_path / "templates").symlink_to(ROOT / "roles/monitoring/templates")
    told = "__monitoring_stale.stdout_lines == ['is-not-here.service started unknown']"
    tasks = [
        {"name": "Start", "ansible.builtin.include_tasks": str(ROOT / "roles/monitoring/tasks/services.yml")},
        {"name": "See what was found", "ansible.builtin.assert": {"that": [told]}},
    ]
    variables = {
        "ansible_python_interpreter": sys.executable,
        "_monitoring_report_only": True,
        "_monitoring_restarts": [],
        "_monitoring_units": [{"name": "is-not-here.service", "restart": []}],
    }
    play = {"hosts": "all", "connection": "local", "vars": variables, "tasks": tasks}
    code, said = run_play(tmp_path, play, "--inventory=db01,", "--check")
    assert code == 0, said
