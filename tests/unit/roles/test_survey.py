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
    """A data directory of which nothing can be read: whoever opens its first file waits for somebody who writes into it."""
    (tmp_path / "hanging" / "global").mkdir(parents=True)
    (tmp_path / "hanging" / "global" / "pg_control").touch()
    version = tmp_path / "hanging" / "PG_VERSION"
    os.mkfifo(version)
    yield version.parent
    # Whoever still waits comes to an end.
    with contextlib.suppress(OSError):
        os.close(os.open(version, os.O_WRONLY | os.O_NONBLOCK))


def survey(tmp_path, directories, *options, **of_machines):
    """What a survey of one member on each of two machines prints.

    :arg directories: where the data of each member is.
    """

    def member(machine, directory):
        return {"postgres_machine": machine, "postgres_port": 5999, "postgres_data_directory": str(directory)}

    machine = {"machine_address": "198.18.0.1", **of_machines}
    inventory = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "postgres_survey_timeout": 3,
            },
            "children": {
                "machines": {"hosts": {"db01": machine, "db02": machine}},
                "postgres": {
                    "children": {
                        "postgres_primary": {"hosts": {"pg-main": member("db01", directories[0])}},
                        "postgres_replica": {"hosts": {"pg-replica1": member("db02", directories[1])}},
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
    said = survey(tmp_path, (hanging, tmp_path / "nothing"))
    found = json.loads(re.search(r"found: (\[.*\])", " ".join(said.split())).group(1))
    assert found[:2] == [["pg-replica1"], []]
    assert "pg-main (its machine is unreachable) cannot be asked" in found[2][0]


def test_passwords_of_the_machines_are_not_shown(tmp_path):
    directories = (tmp_path / "nothing", tmp_path / "nothing")
    passwords = {"ansible_password": "secret-of-ssh", "ansible_become_password": "secret-of-sudo"}
    said = survey(tmp_path, directories, "-vv", **passwords)
    assert "Reach each member as its machine" in said and not re.search("secret-of-(ssh|sudo)", said)
