# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setting of the inventory takes the place of the role's own, however its name is written."""

from __future__ import annotations

import json
import re

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play, values_of_role


@pytest.fixture
def desired(tmp_path):
    """A function that gives the settings of a member which are made of these variables."""

    def make(**variables):
        play = {
            "hosts": "localhost",
            "vars_files": [str(ROOT / "roles/postgres/vars/main/settings.yml")],
            "tasks": [{"name": "Show", "ansible.builtin.debug": {"msg": "{{ _postgres_desired_settings | to_json }}"}}],
        }
        # Given variables win over those of the file.
        variables = {"_postgres_archive_settings": {}, **variables}
        options = [f"--extra-vars={json.dumps(variables)}", "--inventory=localhost,"]
        code, said = run_play(tmp_path, play, *options)
        assert code == 0, said
        return json.loads(re.search(r"\{\".*\}", said)[0])

    return make


def test_one_name_in_whatever_case_is_one_setting(desired):
    made = desired(
        postgres_settings={"Max_Connections": 150, "work_mem": "8MB"},
        _postgres_tuning={"max_connections": 100, "shared_buffers": "1GB"},
        _postgres_most_workers={},
        _postgres_fixed_settings={"work_mem": "4MB"},
    )
    assert made == {"max_connections": 150, "shared_buffers": "1GB", "work_mem": "8MB"}


@pytest.mark.parametrize(
    ("running", "computed", "given", "workers"),
    [(16, 8, {}, 16), (8, 16, {}, 16), (None, 8, {}, 8), (16, 8, {"max_worker_processes": 4}, 4)],
)
def test_workers_go_down_only_by_the_inventory(desired, running, computed, given, workers):
    made = desired(
        postgres_settings=given,
        postgres_answer={"control_settings": {} if running is None else {"max_worker_processes": running}},
        _postgres_tuning={"max_worker_processes": computed},
        _postgres_fixed_settings={},
    )
    assert made == {"max_worker_processes": workers}


@pytest.mark.parametrize(("servers", "writes"), [({}, False), ({"app01": None}, True)])
def test_only_with_a_log_server_the_journal_has_what_postgresql_says(tmp_path, servers, writes):
    """And what the inventory says wins."""
    hosts = {"machines": {"hosts": {"app01": None}}, "log_servers": {"hosts": servers}}
    (tmp_path / "hosts.json").write_text(json.dumps(hosts))
    given = {
        "postgres_settings": {"log_destination": "csvlog,syslog"},
        "_postgres_tuning": {},
        "_postgres_most_workers": {},
        "_postgres_fixed_settings": {"log_line_prefix": "%m "},
        "_postgres_archive_settings": {},
    }
    alone, whole = values_of_role(
        tmp_path,
        "postgres",
        ("_postgres_log_settings", {}),
        ("_postgres_desired_settings", given),
        inventory=str(tmp_path / "hosts.json"),
    )
    assert (alone.get("log_destination") == "stderr,syslog") is writes and bool(alone) is writes
    assert whole["log_destination"] == "csvlog,syslog" and ("%e" in whole["log_line_prefix"]) is writes
