# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may write a directory plants a link in it: root writes there through none.

What file_set does with links is in tests/unit/plugins/modules/file_set_write/test_other_users.py; a change of primary is in
tests/servers/test_planted_links.py.
"""

from __future__ import annotations

import os
import re
import stat
import sys

import pytest
import yaml
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play

WRITE = {f"ansible.builtin.{name}" for name in ("copy", "file", "template", "lineinfile", "blockinfile")}
OF_POSTGRES = re.compile(
    r"postgres_member\.(data|config)_directory|_postgres_(replica_incoming|replica_rejoin_marker|adopted_rules_file)"
)
# While a member is made or adopted: what is there then is the administrator's own.
ALLOWED = {
    ("postgres/tasks/adopt.yml", "Keep the settings that the role does not set"),
    ("postgres/tasks/configure.yml", "Keep the access rules from before an adoption"),
    ("postgres/tasks/configure.yml", "Remove the access rules from before an adoption"),
    ("postgres/tasks/skeleton.yml", "Create an empty user name map"),
    ("postgres/tasks/skeleton.yml", "Create the configuration directory"),
    ("postgres/tasks/skeleton.yml", "Start the member when the machine boots"),
    ("postgres/tasks/skeleton.yml", "Write the main configuration file"),
    ("postgres/tasks/take_over.yml", "Write the main configuration file"),
    ("postgres_primary/tasks/initialise.yml", "Remove what an interrupted run left"),
    ("postgres_replica/tasks/clone.yml", "Remove what an interrupted run left"),
}  # fmt: skip


def tasks_of(entries, user=None):
    """Each task with the user whom it becomes."""
    for entry in entries or []:
        own = entry.get("become_user", user)
        for key in ("block", "rescue", "always"):
            yield from tasks_of(entry.get(key), own)
        yield entry, own


def test_a_running_members_directories_are_written_by_file_set_or_as_postgres():
    found = set()
    for path in sorted(ROOT.glob("roles/postgres*/tasks/*.yml")):
        for task, user in tasks_of(yaml.safe_load(path.read_text())):
            written = [str(task[name]) for name in WRITE & task.keys()]
            if user != "postgres" and any(OF_POSTGRES.search(options) for options in written):
                found.add((str(path.relative_to(ROOT / "roles")), task["name"]))
    assert found == ALLOWED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a directory to another group")
def test_a_link_in_place_of_the_directory_of_the_metrics_is_refused(tmp_path):
    """Its parent belongs to prometheus, and it is given to the group of the jobs."""
    (task,) = [
        task
        for task, _user in tasks_of(yaml.safe_load((ROOT / "roles/s3_backup/tasks/metrics_directory.yml").read_text()))
        if task["name"] == "Create the directory of the metrics"
    ]
    victim, place = tmp_path / "cron.d", tmp_path / "node-exporter"
    victim.mkdir(mode=0o755)
    place.symlink_to(victim)
    before = victim.stat()
    play = {
        "hosts": "localhost",
        "vars": {
            "s3_backup_textfile_directory": str(place),
            "_s3_backup_group": "nogroup",
            "ansible_python_interpreter": sys.executable,
        },
        "tasks": [task],
    }
    code, said = run_play(tmp_path, play, "--inventory=localhost,")
    assert code != 0 and "already exists as a link" in said
    now = victim.stat()
    assert (stat.S_IMODE(now.st_mode), now.st_gid) == (stat.S_IMODE(before.st_mode), before.st_gid)
    place.unlink()
    assert run_play(tmp_path, play, "--inventory=localhost,")[0] == 0
    assert stat.S_IMODE(place.stat().st_mode) == 0o3775
