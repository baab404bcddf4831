# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make pools` shows each environment's three pools, for people and for programs."""

from __future__ import annotations

import json
import subprocess

from support.helpers.checkout import ROOT
from support.helpers.lab import DB01

POOLS = {
    "plannerate_production": (f"{DB01}:", 25),
    "plannerate_production_ro": ("127.0.0.1:", 25),
    "plannerate_production_session": (f"{DB01}:", 5),
    "plannerate_staging": (f"{DB01}:", 20),
    "plannerate_staging_ro": ("127.0.0.1:", 20),
    "plannerate_staging_session": (f"{DB01}:", 5),
}


def pools(*arguments):
    done = subprocess.run(["make", "pools", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_table_has_every_pool_with_its_target():
    header, *lines = pools().splitlines()
    assert header.split()[:4] == ["POOL", "USER", "TARGET", "MODE"]
    assert {line.split()[0] for line in lines} == set(POOLS)


def test_programs_get_the_same_as_json():
    for row in json.loads(pools("JSON=1")):
        target, size = POOLS[row["pool"]]
        assert row["target"].startswith(target)
        assert (row["servers_allowed"], row["clients_waiting"]) == (size, 0)
