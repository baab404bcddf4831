# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stranger's program said does nothing to whoever reads it."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.plain_text import plain


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("   0.5 s  migrate: one, two", ["   0.5 s  migrate: one, two"]),
        ("été", ["été"]),
        ("a\x1b[2Jb\x00\ud800", ["a?[2Jb??"]),
        ("one\r::error::x\n  ::set-env::y", ["one", ": :error::x", "  : :set-env::y"]),
        ("see app::boot ##[add-mask]z", ["see app::boot # #[add-mask]z"]),
    ],
)
def test_only_what_is_printable_stays_and_no_line_is_a_command(text, lines):
    assert plain(text) == lines
