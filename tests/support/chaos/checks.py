# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator and PgBouncer see after a round of chaos."""

from __future__ import annotations

import json
import subprocess

from support.chaos.members import ADDRESSES, MEMBERS, inside, machine_of
from support.chaos.operator import INVENTORIES
from support.helpers.checkout import ROOT

POOLERS_MACHINE = "db17b"
POOLERS_PORT = 6432


def check_status(primary: str) -> None:
    """The status has one primary, and says that all others follow it on its timeline."""
    command = ["python", "scripts/report.py", "status", "--json", f"--inventory={INVENTORIES / 'production'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["member"]: row for row in json.loads(done.stdout)}
    assert rows[primary]["role"] == "primary", rows
    verdicts = {name: row["verdict"] for name, row in rows.items() if name != primary}
    assert {*verdicts.values()} == {"follows"}, f"the status says {verdicts}: {done.stdout}"
    assert len({row["timeline"] for row in rows.values()}) == 1, rows


def check_pooler(primary: str) -> None:
    """PgBouncer leads to the primary, and nobody waits."""
    command = f"psql -X --csv -h /var/run/postgresql -p {POOLERS_PORT} -U pgbouncer -d pgbouncer -c 'SHOW DATABASES'"
    lines = inside(POOLERS_MACHINE, command, user="postgres").splitlines()
    heading = lines[0].split(",")
    pools = {row["name"]: row for row in (dict(zip(heading, line.split(","), strict=True)) for line in lines[1:])}
    assert not [name for name, row in pools.items() if row["paused"] != "0"], f"PgBouncer is paused: {pools}"
    expected = (ADDRESSES[machine_of(primary)], str(MEMBERS[primary].port))
    assert (pools["sample"]["host"], pools["sample"]["port"]) == expected, f"PgBouncer leads elsewhere: {pools}"
