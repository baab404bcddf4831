# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchover and a failover that are killed before each of their commands: the next run ends in a healthy cluster.

No acknowledged commit is lost on the way, and PgBouncer is never left paused.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.helpers.checkout import ROOT
from support.helpers.lab import DB01, playbook, wait_for
from support.helpers.ledger import load
from support.helpers.roles_of_members import healthy, primary_of

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.options import argument_spec

DYING = ROOT / "tests" / "support" / "programs" / "dying_promotion.py"
MORE_THAN_THERE_ARE = 60
OPTIONS = """
- hosts: postgres
  gather_facts: false
  become: true
  tasks:
    - ansible.builtin.include_role: {name: plannerate.infra.postgres, tasks_from: survey, public: true}
    - ansible.builtin.copy:
        content: "{{ _postgres_promote_options | to_json }}"
        dest: "{{ options_file }}"
        mode: "0600"
      delegate_to: localhost
      become: false
      run_once: true
"""
DEFAULTS = {name: option["default"] for name, option in argument_spec().items() if "default" in option}


def options(directory, promotion):
    """The module's options as the playbook would give them now."""
    play, found = directory / "options.yml", directory / "options.json"
    play.write_text(OPTIONS)
    # Outside of its role, a template is looked for beside the play.
    if not (directory / "templates").exists():
        (directory / "templates").symlink_to(ROOT / "roles" / "postgres" / "templates")
    done = playbook(
        os.path.relpath(play.with_suffix(""), ROOT / "playbooks"),
        variables={"postgres_promotion": promotion, "options_file": str(found)},
    )
    assert done.returncode == 0, done.stdout
    given = json.loads(found.read_text())
    assert all(len(told) == 2 for told in given["standby_files"].values()), given
    return {**DEFAULTS, **given}


def killed(params, after):
    """Whether a change of primary died before its command number ``after``; False when it came to its end."""
    lab = ROOT / ".cache" / "lab"
    ssh = ["ssh", "-F", "none", "-i", str(lab / "id_ed25519"), "-o", f"UserKnownHostsFile={lab / 'known_hosts'}"]
    job = {"params": params, "after": after, "ssh": {"db01": [*ssh, "-o", "LogLevel=ERROR", f"ops@{DB01}"]}}
    done = subprocess.run(
        [sys.executable, DYING],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".cache" / "collections")},
    )
    assert done.returncode in (0, 9), done.stdout + done.stderr
    return done.returncode == 9


def paused(pooler):
    return [row["name"] for row in pooler.console("DATABASES") if row["paused"] == "1"]


def test_a_switchover_that_is_killed_is_ended_by_the_next_one(pooler, admin_sql, tmp_path):
    with load(pooler, clients=4, pause=0.02) as ledger:
        for after in range(MORE_THAN_THERE_ARE):
            target = "pg-replica1" if primary_of(admin_sql) == "pg-main" else "pg-main"
            died = killed(options(tmp_path, {"mode": "switchover", "target": target}), after)
            done = playbook("switchover", variables={"switchover_target": target})
            assert done.returncode == 0, f"killed before command {after}: {done.stdout}"
            assert paused(pooler) == [], f"killed before command {after}"
            assert primary_of(admin_sql) == target
            wait_for(lambda: healthy(admin_sql), timeout=30, what=f"two standbys, killed before command {after}")
            if not died:
                break
    print(f"a switchover has {after} commands; {ledger.failed} transactions failed: {ledger.errors}")
    assert after > 10
    assert ledger.lost == []


def test_a_paused_pooler_goes_on_by_itself(pooler, admin_sql, tmp_path):
    """Whoever paused it is gone, and nobody runs the playbook again."""
    params = {
        **options(tmp_path, {"mode": "switchover", "target": "pg-replica1"}),
        "pause_timeout": 1,
        "stop_timeout": 1,
    }
    for after in range(MORE_THAN_THERE_ARE):
        assert killed(params, after)
        if paused(pooler):
            break
    assert primary_of(admin_sql) == "pg-main"
    wait_for(lambda: not paused(pooler), timeout=40, what="the watchdog's RESUME")
    assert pooler.psql("SELECT 1").stdout.strip() == "1"


def test_a_failover_that_is_killed_is_ended_by_the_next_one(pooler, admin_sql, db01, tmp_path):
    with load(pooler, clients=4, pause=0.02) as ledger:
        for after in range(MORE_THAN_THERE_ARE):
            old = primary_of(admin_sql)
            unit = old.replace("-", "_")
            db01.check_output(f"kill -9 $(head -n 1 /var/lib/postgresql/15/{unit}/postmaster.pid)")
            died = killed(options(tmp_path, {"mode": "failover"}), after)
            done = playbook("failover")
            # When nothing was left to do, the second run says that the new primary takes writes.
            assert done.returncode == 0 or "takes writes" in done.stdout, (
                f"killed before command {after}: {done.stdout}"
            )
            assert paused(pooler) == []
            done = playbook("rejoin")
            assert done.returncode == 0, f"killed before command {after}: {done.stdout}"
            assert primary_of(admin_sql) != old
            wait_for(lambda: healthy(admin_sql), timeout=30, what=f"two standbys, killed before command {after}")
            if not died:
                break
    print(f"a failover has {after} commands")
    assert after > 4
    assert ledger.lost == []
