# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which second a drill restores, and what shows that it is that one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import Damaged, Refused
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.exactness import (
    Stop,
    aim,
    described,
    require_exact,
    stopped,
)
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.info import Backup
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.target import Plan
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.window import Commit, Reach

NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
# As PostgreSQL 15 wrote it.
LOG = """\
LOG:  starting point-in-time recovery to 2026-01-31 12:00:00+00
LOG:  restored log file "000000010000000000000003" from archive
LOG:  recovery stopping before commit of transaction 761, time 2026-01-31 12:00:00.14+00
LOG:  redo done at 0/5012345 system usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: 0.10 s
LOG:  last completed transaction was at log time 2026-01-31 11:59:59.927642+00
"""


# As PostgreSQL 15 wrote it: of the transaction at which it stopped, it does not say the time.
LOG_OF_LOCATION = """\
LOG:  starting point-in-time recovery to WAL location (LSN) "0/2000148"
LOG:  recovery stopping after WAL location (LSN) "0/2000148"
LOG:  redo done at 0/2000148 system usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: 0.10 s
LOG:  last completed transaction was at log time 2026-01-31 11:59:54+00
"""


def at(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("chosen", "second"),
    # Four seconds of the first window, then one of the last; the one between has no whole second.
    [(0, 0), (3, 3), (4, 20)],
)
def test_each_second_of_every_window_can_be_chosen(chosen, second):
    windows = [(at(-0.5), at(3.9)), (at(10.1), at(10.9)), (at(20), at(20.5))]
    asked = []

    def below(number):
        asked.append(number)
        return chosen

    assert aim(windows, below) == at(second)
    assert asked == [5]


def test_by_itself_it_is_a_second_of_the_window():
    assert {aim([(at(0), at(1))]) for _try in range(60)} == {at(0), at(1)}


def test_a_window_that_is_shorter_than_a_second_is_its_beginning_and_none_is_refused():
    assert aim([(at(0.2), at(0.4))]) == at(0.2)
    with pytest.raises(Refused, match="no backup with its WAL"):
        aim([])


def test_what_the_server_says():
    assert stopped(LOG) == Stop(at(0) - timedelta(microseconds=72358), at(0.14))
    assert stopped(LOG.replace("before commit", "before abort")).first_left_out == at(0.14)
    assert stopped(LOG_OF_LOCATION) == Stop(at(-6), None, "0/2000148")
    assert stopped("LOG:  database system is ready\n") == Stop(None, None)
    assert "the last transaction there is of 2026-01-31T11:59:59.927642Z" in described(stopped(LOG))
    assert described(stopped(LOG_OF_LOCATION)) == "the last commit that is archived was replayed, at 0/2000148"
    assert described(Stop(None, None)) == "no transaction was replayed, none was left out"


def plan(*options, last=None):
    backup = Backup("backup", "full", at(-99), at(-90), "", "", "0/0", 1, 1, False)
    return Plan(Reach(backup, at(-89), at(60), last and Commit(last, "0/02000148")), list(options), "")


BY_TIME = plan("--type=time", "--target=x", last=at(60))
AT_THE_END = plan("--type=lsn", "--target=0/02000148", last=at(-5))


@pytest.mark.parametrize(
    ("stop", "made"),
    [
        (Stop(at(-1), at(1)), BY_TIME),
        (Stop(at(0), at(1)), BY_TIME),
        # Nothing was committed since the backup.
        (Stop(None, at(1)), BY_TIME),
        (stopped(LOG_OF_LOCATION), AT_THE_END),
        # It was the first one after the backup.
        (Stop(None, None, "0/2000148"), AT_THE_END),
        (Stop(None, None), plan("--type=immediate")),
        (Stop(at(-95), None), plan("--type=immediate")),
    ],
)
def test_exactly_what_was_committed_by_then(stop, made):
    require_exact(stop, made, at(0))


@pytest.mark.parametrize(
    ("stop", "made", "words"),
    [
        (Stop(at(1), at(2)), BY_TIME, "a transaction of 2026-01-31T12:00:01Z is there"),
        # It came to the end, or stopped too early: what is between may be missing.
        (Stop(at(-1), None), BY_TIME, "stopped before none"),
        (Stop(at(-2), at(-1)), BY_TIME, "stopped before one of 2026-01-31T11:59:59Z"),
        (Stop(at(-6), None, "0/2000100"), AT_THE_END, "is at 0/02000148, and replaying stopped after 0/2000100"),
        (Stop(at(-5), None), AT_THE_END, "stopped after none"),
        (Stop(at(1), None), plan("--type=immediate"), "is there"),
    ],
)
def test_another_second_is_damage(stop, made, words):
    with pytest.raises(Damaged, match=words):
        require_exact(stop, made, at(0))
