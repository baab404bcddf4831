# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is dropped without a backup that was made in the same run and that the bucket lists as good."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play

PLAYBOOKS = ROOT / "playbooks"
VARIABLES = {
    "ansible_python_interpreter": sys.executable,
    "remove_environment": "staging",
    "removal": {"backup": ["shop_staging"], "drop": ["shop_staging"]},
}
MADE = {"backups": [{"id": "staging/7"}]}
# plannerate-backup as far as a removal asks it.
COMMAND = """#!/bin/sh
case $1 in
  run) echo '{made}' ;;
  list) echo '{listed}' ;;
esac
"""


@pytest.fixture
def backed_up(tmp_path, monkeypatch):
    """A function that makes the last backup where the bucket lists these; gives what a play says, and its exit code."""

    def run(*listed):
        command = tmp_path / "plannerate-backup"
        command.write_text(COMMAND.format(made=json.dumps(MADE), listed=json.dumps({"backups": listed})))
        command.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        tasks = [
            {"name": "Back up", "ansible.builtin.include_tasks": str(PLAYBOOKS / "tasks/last_backup.yml")},
            {"name": "Tell", "ansible.builtin.debug": {"msg": "remembered {{ listed_databases }}"}},
        ]
        return run_play(tmp_path, {"hosts": "localhost", "vars": VARIABLES, "tasks": tasks}, "--inventory=localhost,")

    return run


@pytest.mark.parametrize("state", ["good", "verified"])
def test_one_that_is_listed_counts(backed_up, state):
    code, said = backed_up({"id": "staging/7", "state": state})
    assert code == 0 and "remembered ['shop_staging']" in said, said


@pytest.mark.parametrize(
    "listed", [[], [{"id": "staging/6", "state": "good"}], [{"id": "staging/7", "state": "damaged"}]]
)
def test_one_that_is_not_listed_as_good_ends_the_removal(backed_up, listed):
    code, said = backed_up(*listed)
    assert code != 0 and "remembered" not in said
    assert "the bucket does not list staging/7 as good, so nothing more is removed" in " ".join(said.split())


@pytest.mark.parametrize(
    ("inventory", "listed", "word", "drops"),
    [
        ({}, [], "", False),
        ({"s3_backups": ["db01"]}, [], "", False),
        ({"s3_backups": ["db01"]}, ["shop"], "", False),
        ({"s3_backups": ["db01"]}, ["shop_staging"], "", True),
        ({}, [], "staging", True),
        ({}, [], "production", False),
    ],
)
def test_what_no_listed_backup_has_is_not_dropped(tmp_path, inventory, listed, word, drops):
    plays = {play["name"]: play for play in yaml.safe_load((PLAYBOOKS / "remove_environment.yml").read_text())}
    refusal = plays["Remove databases"]["tasks"][0]
    hosts = {"all": {"hosts": {"db01": {"ansible_connection": "local"}}}}
    hosts |= {group: {"hosts": {key: {} for key in names}} for group, names in inventory.items()}
    (tmp_path / "hosts.json").write_text(json.dumps(hosts))
    remembered = {"name": "Remember", "ansible.builtin.set_fact": {"listed_databases": listed}}
    play = {"hosts": "db01", "vars": {**VARIABLES, "remove_without_backup": word}}
    play["tasks"] = [*([remembered] if listed else []), refusal]
    code, said = run_play(tmp_path, play, f"--inventory={tmp_path}/hosts.json")
    assert (code == 0) == drops, said
    assert drops or "no backup of shop_staging was made and listed in this run" in " ".join(said.split())
