# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text in which PgBouncer's console answers: CSV under headings that look like ``== name``. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable

_SECTION = re.compile(r"== (\w+)")


def sections(text: str) -> dict[str, list[str]]:
    """Lines by the heading above them, which looks like ``== name``."""
    by_heading: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        heading = _SECTION.fullmatch(line)
        if heading:
            lines = by_heading.setdefault(heading.group(1), [])
        elif line.strip():
            lines.append(line)
    return by_heading


def records(lines: Iterable[str]) -> list[dict[str, str]]:
    """One dict for each line of CSV, by its column names."""
    return list(csv.DictReader(lines))
