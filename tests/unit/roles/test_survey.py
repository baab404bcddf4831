# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose disk hangs counts as one that cannot be reached, and the members of the others are asked all the same."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT

SURVEY = """
- hosts: postgres
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: plannerate.infra.postgres, tasks_from: survey, rolespec_validate: false, public: true}
    - ansible.builtin.debug:
        msg: "found: {{ [postgres_answers.keys(), _postgres_discovery_errors, postgres_topology.errors] | to_json }}"
      run_once: true
"""


@pytest.fixture
def hanging(tmp_path):
    """A data directory of which nothing can be read: whoever opens its first file waits for somebody who writes into it."""
    (tmp_path / "hanging" / "global").mkdir(parents=True)
    (tmp_path / "hanging" / "global" / "pg_control").touch()
    version = tmp_path / "hanging" / "PG_VERSION"
    os.mkfifo(version)
    yield version.parent
    # Whoever still waits comes to an end.
    with contextlib.suppress(OSError):
        os.close(os.open(version, os.O_WRONLY | os.O_NONBLOCK))


def test_a_disk_that_hangs_is_a_machine_that_cannot_be_reached(tmp_path, hanging):
    def member(machine, directory):
        return {"postgres_machine": machine, "postgres_port": 5999, "postgres_data_directory": str(directory)}

    inventory = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "postgres_survey_timeout": 3,
            },
            "children": {
                "machines": {"hosts": {name: {"machine_address": "198.18.0.1"} for name in ("db01", "db02")}},
                "postgres": {
                    "children": {
                        "postgres_primary": {"hosts": {"pg-main": member("db01", hanging)}},
                        "postgres_replica": {"hosts": {"pg-replica1": member("db02", tmp_path / "nothing")}},
                    }
                },
            },
        }
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (tmp_path / "survey.yml").write_text(SURVEY)
    command = ["scripts/env", "ansible-playbook", f"--inventory={tmp_path}/hosts.yml", f"{tmp_path}/survey.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(re.search(r"found: (\[.*\])", " ".join(done.stdout.split())).group(1))
    assert found[:2] == [["pg-replica1"], []]
    assert "pg-main (its machine is unreachable) cannot be asked" in found[2][0]
