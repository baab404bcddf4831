# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On a machine whose language is Portuguese, programs whose words are read are asked in English."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play

LANGUAGE = {"LC_ALL": "", "LANG": "pt_BR.UTF-8", "LANGUAGE": "pt_BR:pt:en"}
# As UFW, which reads LANGUAGE before the rest, and as ps, which does not.
UFW = """#!/bin/sh
echo "$*" >>{log}
case "${{LANGUAGE:-$LC_ALL}}" in
  C) echo 'Status: active'; echo; echo '22/tcp                     ALLOW       Anywhere                   # SSH';;
  *) echo 'Estado: ativo'; echo; echo '22/tcp                     PERMITIR    Qualquer lugar             # SSH';;
esac
"""
PS = """#!/bin/sh
[ "${LC_ALL:-$LANG}" = C ] && echo 'Thu Nov 26 10:00:00 2020' || echo 'qui nov 26 10:00:00 2020'
"""


@pytest.fixture
def portuguese(tmp_path, monkeypatch):
    """A function that puts a program in front of all others."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def put(name: str, text: str) -> None:
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    return put


def test_the_firewalls_rules_are_understood(tmp_path, portuguese):
    """One that is there is not added again, and an active firewall is not enabled again."""
    log = tmp_path / "log"
    portuguese("ufw", UFW.format(log=log))
    rules = {
        "name": "Rules",
        "ansible.builtin.include_role": {
            "name": "plannerate.infra.machine", "tasks_from": "firewall_rules", "rolespec_validate": False,
        },
        "vars": {"machine_firewall_purpose": "SSH", "machine_firewall_ports": [22], "machine_firewall_sources": ["any"]},
    }  # fmt: skip
    active = {
        "name": "Active",
        "ansible.builtin.assert": {"that": "'Status: active' in __machine_firewall.stdout"},
    }
    play = {"hosts": "localhost", "tasks": [rules, active], "environment": LANGUAGE}
    play["vars"] = {"ansible_python_interpreter": sys.executable}
    code, said = run_play(tmp_path, play, "--inventory=localhost,")
    assert code == 0, said
    assert log.read_text().splitlines() == ["status"]


@pytest.mark.parametrize(("written", "stale"), [("2019-01-01", False), ("2021-01-01", True)])
def test_it_is_known_since_when_a_process_runs(tmp_path, portuguese, written, stale):
    portuguese("ps", PS)
    functions = (ROOT / "roles/pgbouncer/templates/probe.sh.j2").read_text().partition("cd /\n")[0].partition("#}\n")[2]
    file = tmp_path / "haproxy.cfg"
    subprocess.run(["touch", f"--date={written}", file], check=True)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{functions}\nnewer 4711 {file}"], env={**os.environ, **LANGUAGE},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0, done.stderr) == (stale, "")
