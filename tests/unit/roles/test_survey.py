# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine whose disk hangs counts as one that cannot be reached, and the members of the others are asked all the same. How they are
reached is not shown.
"""

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
    """A Python that gives no answer, as one whose disk hangs."""
    silence = tmp_path / "silence"
    os.mkfifo(silence)
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\nexec cat {silence}\n")
    python.chmod(0o755)
    yield {"ansible_python_interpreter": str(python)}
    # Whoever still waits comes to an end.
    with contextlib.suppress(OSError):
        os.close(os.open(silence, os.O_WRONLY | os.O_NONBLOCK))


def survey(tmp_path, *options, of_primary=None, **of_machines):
    """What a survey of one member on each of two machines prints; none of them has data.

    :arg of_primary: variables of the machine with the primary alone.
    """

    def member(machine):
        return {
            "postgres_machine": machine,
            "postgres_port": 5999,
            "postgres_data_directory": str(tmp_path / "nothing"),
        }

    machine = {"machine_address": "198.18.0.1", **of_machines}
    inventory = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "postgres_survey_timeout": 3,
            },
            "children": {
                "machines": {"hosts": {"db01": {**machine, **(of_primary or {})}, "db02": machine}},
                "postgres": {
                    "children": {
                        "postgres_primary": {"hosts": {"pg-main": member("db01")}},
                        "postgres_replica": {"hosts": {"pg-replica1": member("db02")}},
                    }
                },
            },
        }
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory))
    (tmp_path / "survey.yml").write_text(SURVEY)
    command = ["scripts/env", "ansible-playbook", f"--inventory={tmp_path}/hosts.yml", f"{tmp_path}/survey.yml"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_disk_that_hangs_is_a_machine_that_cannot_be_reached(tmp_path, hanging):
    said = survey(tmp_path, of_primary=hanging)
    found = json.loads(re.search(r"found: (\[.*\])", " ".join(said.split())).group(1))
    assert found[:2] == [["pg-replica1"], []]
    assert "pg-main (its machine is unreachable) cannot be asked" in found[2][0]


def test_passwords_of_the_machines_are_not_shown(tmp_path):
    passwords = {"ansible_password": "secret-of-ssh", "ansible_become_password": "secret-of-sudo"}
    said = survey(tmp_path, "-vv", **passwords)
    assert "Reach each member as its machine" in said and not re.search("secret-of-(ssh|sudo)", said)
