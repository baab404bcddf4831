# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of environment variables (``.env``) as Docker Compose reads them. Pure."""

from __future__ import annotations


def quote(value: str) -> str:
    """A value as Compose reads it back from an env file, whatever characters it has.

    :raises ValueError: for a line break, which Compose's files cannot carry in every version.
    """
    if "\n" in value or "\r" in value:
        raise ValueError("a value of .env has a line break, expected one line")
    if "'" not in value:
        return f"'{value}'"
    for character in '\\"$':
        value = value.replace(character, "\\" + character)
    return f'"{value}"'
