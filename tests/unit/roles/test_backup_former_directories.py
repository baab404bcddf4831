# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of earlier releases are no part of a set of files, which removes empty ones only: they are found and removed before."""

from __future__ import annotations

import shlex
import subprocess

import jinja2
import yaml
from support.helpers.checkout import ROOT

ROLE = ROOT / "roles" / "s3_backup"


def test_those_that_are_there_are_found(tmp_path):
    (tmp_path / "it's old" / "drill-1").mkdir(parents=True)
    (tmp_path / "nobody's.prom").touch()
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["quote"] = shlex.quote
    text = environment.from_string((ROLE / "templates" / "probe.sh.j2").read_text()).render(
        _s3_backup_command="/nowhere",
        _s3_backup_packages=["zstd"],
        _s3_backup_timers=[],
        _s3_backup_drill_socket="plannerate-drill@nowhere.socket",
        _s3_backup_former_directories=[f"{tmp_path}/it's old", f"{tmp_path}/gone"],
        _s3_backup_former_metrics=[f"{tmp_path}/nobody's.prom", f"{tmp_path}/gone.prom"],
        s3_backup_environment="nowhere",
        s3_backup_scratch_directory=str(tmp_path),
        s3_backup_schedule="daily",
        s3_backup_drill_schedule="weekly",
    )
    said = subprocess.run(["/bin/sh", "-c", text], capture_output=True, text=True, check=False).stdout
    assert [line for line in said.splitlines() if line.startswith("former ")] == [
        f"former {tmp_path}/it's old",
        f"former {tmp_path}/nobody's.prom",
    ]


def test_no_directory_is_removed_by_the_set():
    variables = yaml.safe_load((ROLE / "vars" / "main" / "logical.yml").read_text())
    absent = [entry["path"] for entry in variables["_s3_backup_environment_files"] if entry.get("absent")]
    assert absent == ["{{ _s3_backup_own }}/rotator.json"]
