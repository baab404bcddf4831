# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values in files that Docker Compose reads."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._docker.dotenv import quote


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("plain", "'plain'"),
        ("a $b #c", "'a $b #c'"),
        ("it's", '"it\'s"'),
        ('it\'s "$5"', '"it\'s \\"\\$5\\""'),
        ("it's C:\\temp", '"it\'s C:\\\\temp"'),
    ],
)
def test_values_are_quoted_for_compose(value, quoted):
    assert quote(value) == quoted


def test_a_line_break_is_refused():
    with pytest.raises(ValueError, match="line break"):
        quote("two\nlines")
