# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A validation that is killed leaves no load, no clients, no schema and no paused pool; the next one is not kept from running.

One that is killed between the death of the primary and the promotion leaves no primary, and has told what to run.
"""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from support.helpers.checkout import ROOT
from support.helpers.lab import INVENTORIES, playbook, wait_for
from support.helpers.processes import end_at_once
from support.helpers.roles_of_members import at_home

MOMENTS = [
    ("stress", "Remove what an interrupted run left"),
    ("stress", "Begin the load: step 1"),
    ("stress", "Wait for the load to end"),
    ("recovery", "Begin to commit"),
    ("recovery", "plannerate.infra.postgres : Change the primary"),
    ("recovery", "Note that it changed"),
    ("failover", "Plan the failover"),
    ("failover", "Note when somebody would begin a failover"),
    ("failover", "plannerate.infra.postgres : Change the primary"),
    ("failover", "Note that it changed"),
]
# From here on the primary is dead, and may not have been replaced: what runs on a machine goes on for a while without its run.
DEAD = ("failover", "Note when somebody"), ("failover", "plannerate.infra.postgres : Change")


@pytest.mark.parametrize(("part", "moment"), MOMENTS)
def test_killed_at(part, moment, tmp_path, left, validate, words, admin_sql):
    log = tmp_path / "log"
    given = {
        "validate": part,
        "validate_directory": str(tmp_path),
        "validate_stress_clients": [2],
        "validate_stress_seconds": 6,
        "validate_ledger_seconds": 30,
        **words,
    }
    command = ["ansible-playbook", f"--inventory={INVENTORIES / 'production'}", "playbooks/validate.yml"]
    with log.open("w") as out:
        run = subprocess.Popen(
            [*command, f"--extra-vars={json.dumps(given)}"], cwd=ROOT, stdout=out, start_new_session=True
        )
    try:
        wait_for(lambda: f"TASK [{moment}" in log.read_text(), timeout=120, what=moment)
        time.sleep(1)
    finally:
        end_at_once(run)
    if any(part == dead and moment.startswith(begins) for dead, begins in DEAD):
        assert "playbooks/rejoin.yml" in log.read_text(), "what comes next is told before the primary dies"
        wait_for(lambda: playbook("failover").returncode == 0, timeout=180, what="what was told to run next")
        at_home(admin_sql)
    print(f"left at once: {left()}")
    began = time.monotonic()
    wait_for(lambda: not left(), timeout=120, what="nothing left")
    print(f"nothing left after {time.monotonic() - began:.0f} s")
    at_home(admin_sql)
    # Its limits are no matter here.
    _code, said, rows = validate(part, validate_stress_clients=[1], validate_stress_seconds=2)
    assert not any("another" in row["note"] for row in rows.values()), said
