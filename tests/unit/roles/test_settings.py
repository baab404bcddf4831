# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setting of the inventory takes the place of the role's own, however its name is written."""

from __future__ import annotations

import json

from support.helpers.checkout import ROOT
from support.helpers.plays import run_play


def test_one_name_in_whatever_case_is_one_setting(tmp_path):
    variables = {
        "postgres_settings": {"Max_Connections": 150, "work_mem": "8MB"},
        "_postgres_tuning": {"max_connections": 100, "shared_buffers": "1GB"},
        "_postgres_most_workers": {},
        "_postgres_fixed_settings": {"work_mem": "4MB"},
    }
    play = {
        "hosts": "localhost",
        "vars_files": [str(ROOT / "roles/postgres/vars/main/settings.yml")],
        "tasks": [{"name": "Show", "ansible.builtin.debug": {"msg": "{{ _postgres_desired_settings | to_json }}"}}],
    }
    # Given variables win over those of the file.
    options = [f"--extra-vars={json.dumps(variables)}", "--inventory=localhost,"]
    code, said = run_play(tmp_path, play, *options)
    assert code == 0, said
    assert '{"max_connections": 150, "shared_buffers": "1GB", "work_mem": "8MB"}' in said, said
