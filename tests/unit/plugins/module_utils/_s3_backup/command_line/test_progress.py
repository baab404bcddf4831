# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress is for a terminal, in one line that a person reads."""

from __future__ import annotations

import io

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.command_line import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("done", "total", "seconds", "expected"),
    [
        (512, None, 1, "backup: 512 B, 512 B/s"),
        (2**20, 4 * 2**20, 2, "backup: 1.0 MiB, 512.0 KiB/s, 25 %, 0:06 left"),
        (5 * 2**20, 4 * 2**20, 5, "backup: 5.0 MiB, 1.0 MiB/s, 100 %"),
        (0, 2**30, 0, "backup: 0 B, 0 B/s, 0 %"),
    ],
)
def test_one_line_says_how_far_it_is(done, total, seconds, expected):
    assert progress.line("backup", done, total, seconds) == expected


def test_hours_are_shown_when_there_are_any():
    assert (progress.clock(59), progress.clock(61), progress.clock(3661)) == ("0:59", "1:01", "1:01:01")


def test_only_a_terminal_sees_it(monkeypatch):
    moments = iter(range(100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    shown, file, quiet = Terminal(), io.StringIO(), Terminal()
    for stream, silent in ((shown, False), (file, False), (quiet, True)):
        counted = progress.Progress("backup", 100, stream, quiet=silent)
        counted.add(50)
        counted.finish()
    assert "50 %" in shown.getvalue()
    assert file.getvalue() == quiet.getvalue() == ""
