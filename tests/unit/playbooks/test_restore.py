# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook is told reaches the command as it was meant."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play

_LOCK, PLAY, _RELEASE = yaml.safe_load((ROOT / "playbooks" / "restore.yml").read_text())


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, []),
        ({"restore_as_superuser": "everything"}, ["--as-superuser", "everything"]),
        (
            {"restore_as_superuser": ["extension:postgis", "owner:odd name"], "restore_leave_out": "owner:postgres"},
            [
                *("--as-superuser", "extension:postgis", "--as-superuser", "owner:odd name"),
                *("--leave-out", "owner:postgres"),
            ],
        ),
    ],
)
def test_a_word_is_one_also_alone(tmp_path, monkeypatch, given, options):
    said = tmp_path / "said"
    command = tmp_path / "plannerate-backup"
    command.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {said}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    variables = {"ansible_python_interpreter": sys.executable, "s3_backup_environment": "tests", **given}
    play = {**PLAY, "hosts": "localhost", "become": False}
    code, output = run_play(tmp_path, play, "--inventory=localhost,", f"--extra-vars={json.dumps(variables)}")
    assert code == 0, output
    assert said.read_text().splitlines() == ["restore", "tests", *options]
