# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last commit of a segment, and where it is looked for."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.moments import shown
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.program import before, last_commit_of

MIB16 = 16 << 20
# As pg_waldump 15 writes it.
BEGIN = "rmgr: Transaction len (rec/tot):     34/    34, tx:        738"
DUMPED = f"""\
{BEGIN}, lsn: 0/020000A0, prev 0/02000060, desc: COMMIT 2026-11-27 04:40:59.100000 UTC
{BEGIN}, lsn: 0/02000148, prev 0/020000E8, desc: COMMIT 2026-11-27 04:41:01.230000 UTC; inval msgs: catcache 80
{BEGIN}, lsn: 0/02000200, prev 0/02000148, desc: ABORT 2026-11-27 04:41:02.000000 UTC
"""
PREPARED = (
    "rmgr: Transaction len (rec/tot):     58/    58, tx:          0, lsn: 0/03000060, prev 0/03000028, "
    "desc: COMMIT_PREPARED 741: 2026-11-27 04:42:00.000000 UTC\n"
)


def test_the_last_commit_counts_and_not_what_was_given_up():
    found = last_commit_of(DUMPED)
    assert (shown(found.at), found.lsn) == ("2026-11-27T04:41:01.23Z", "0/02000148")
    assert shown(last_commit_of(DUMPED + PREPARED).at) == "2026-11-27T04:42:00Z"
    assert last_commit_of("") is None


def test_it_is_looked_for_backwards_also_on_the_timeline_before():
    names = [
        f"{timeline:08X}00000000{place:08X}" for timeline, place in ((1, 3), (1, 4), (1, 5), (2, 4), (2, 5), (2, 6))
    ]
    assert before(names, names[-2], MIB16) == [names[4], names[3], names[0]]
