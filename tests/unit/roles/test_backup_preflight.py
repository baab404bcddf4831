# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory that does not own the machine waits for the owner's release of the command and its units."""

from __future__ import annotations

import subprocess

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import values_of_role

ROLE = ROOT / "roles" / "s3_backup"
PROBE = "lookup('ansible.builtin.template', 'probe.sh.j2')"
# What the release before had on a machine, and this one has.
BEFORE = {
    "plannerate-drill@.socket": "[Socket]\n",
    "plannerate-backup-rotate@.service": "[Unit]\nDescription=Rotation\n",
}
NOW = {**BEFORE, "plannerate-backup-rotate@.service": None}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    def ask(*asked):
        return values_of_role(tmp_path_factory.mktemp("role"), "s3_backup", *asked, inventory="localhost,")

    return ask


@pytest.mark.parametrize(("units", "is_refused"), [({}, True), (BEFORE, True), (NOW, False)])
def test_a_machine_with_the_units_of_an_earlier_release_is_refused(ask, tmp_path, units, is_refused):
    (tmp_path / "command").touch()
    job = ("lookup('ansible.builtin.template', 'job.service.j2')", {"item": {"job": "rotate", "what": "Rotation"}})
    probe, unit = ask((PROBE, {"_s3_backup_command": str(tmp_path / "command"), "postgres_version": "15"}), job)
    for name, content in units.items():
        (tmp_path / name).write_text(content or unit)
    script = probe.replace("/etc/systemd/system", str(tmp_path))
    said = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False).stdout.splitlines()
    tasks = yaml.safe_load((ROLE / "tasks" / "preflight.yml").read_text())
    (refusal,) = [task for task in tasks if "owner has not converged" in task["name"]]
    given = {"machine_owned": False, "__s3_backup_probe": {"stdout_lines": said}}
    (conditions,) = ask((f"[{', '.join(f'({one})' for one in refusal['when'])}]", given))
    assert all(conditions) is is_refused
