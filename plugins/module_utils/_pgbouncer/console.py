# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text in which PgBouncer's console answers: CSV under headings that look like ``== name``. Pure."""

from __future__ import annotations

import csv
import re

_SECTION = re.compile(r"== (\w+)")


def sections(text):
    """Lines by the heading above them, which looks like ``== name``."""
    found, lines = {}, None
    for line in text.splitlines():
        head = _SECTION.fullmatch(line)
        if head:
            lines = found.setdefault(head.group(1), [])
        elif lines is not None and line.strip():
            lines.append(line)
    return found


def records(lines):
    """One dict for each line of CSV, by its column names."""
    return list(csv.DictReader(lines))
