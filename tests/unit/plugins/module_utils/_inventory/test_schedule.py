# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd takes for a calendar expression is taken, and nothing else."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._inventory.schedule import is_calendar

TAKEN = [
    "*-*-* 02:30:00",
    "Sun *-*-* 04:30:00",
    "daily",
    "daily UTC",
    "Mon..Fri 02:30",
    "2:30",
    "Sunday",
    "*:0/15",
    "*-*-01 4:00 UTC",
    "Mon,Wed *-1,7-1..7 0/2:00",
    "Fri *-*-13 00:00 America/Sao_Paulo",
    "*-*~3",
    "12-24 18:00",
    "05:40:23.420",
    "23:59:59.9",
    "0-1-1",
    "02:30 CET",
    "*-*-* 02:30:00 GMT",
    "02:30 EST5EDT",
    "02:30 Etc/GMT+3",
    "daily utc",
    "semi-annually",
    "biannually",
    # Repetitions, ranges and lists
    "0/2:00",
    "*-*-* 8..18/2:30",
    "*-*-* 1..3,5/2:15,45",
    "*-*-1..31/2 02:30",
    "*-1/3-1",
    "*-*~1..7",
    "*-*~10/2",
    "*:5..60/15",
    "*:*:0..30/0.5",
    "Mon..Wed,Fri..Sun 02:30",
    "Mon-Fri 02:30",
    "Sat,Mon 02:30",
    "74/2-01-01",
]
REFUSED = [
    "every day at two",
    "*-*-* 25:00:00",
    "*-13-01",
    "02:60",
    "Sat 1000",
    "",
    "weekdays 02:00",
    "0 2 * * *",
    "02.30",
    "*-*-00",
    "*-0-01",
    "*-*~0",
    "23:59:60",
    "02:30:60.5",
    "Mon Tue",
    # What is repeated begins somewhere, and comes again
    "*/2:00",
    "*:*/15",
    "*-*-*/2 02:30",
    "*,5:00",
    "0/0:00",
    "*-*-* 23/2:00",
    "*-*~1/2",
    "18..8:00",
    "*-*-5..1",
    "Sat..Mon 02:30",
    "Mon..Fri/2 02:30",
    "*:*:0..0.5",
    "02.5:30",
    "1969-01-01",
]


@pytest.mark.parametrize("text", TAKEN)
def test_a_calendar_expression_is_taken(text):
    assert is_calendar(text)


@pytest.mark.parametrize("text", [*REFUSED, None, 230])
def test_anything_else_is_not(text):
    assert not is_calendar(text)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd's own program")
@pytest.mark.parametrize("text", [*TAKEN, *REFUSED])
def test_systemd_has_the_same_opinion(text):
    done = subprocess.run(["systemd-analyze", "calendar", text], capture_output=True, check=False)
    assert (done.returncode == 0) == is_calendar(text)
