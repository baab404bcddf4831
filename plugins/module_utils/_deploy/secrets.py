# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not be read in a container's lines: the values of its ``.env``. Pure, but for the file."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Mapping

# A shorter one would hide half of the text, and is no secret.
LEAST = 6
HIDDEN = "***"


def of_file(path: str) -> dict[str, str]:
    """The variables of a file that was written by :func:`dotenv.quote`; empty where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return variables(file.read())
    except FileNotFoundError:
        return {}


def variables(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if not separator or name.startswith("#"):
            continue
        if value[:1] == '"' == value[-1:]:
            value = value[1:-1]
            for character in '$"\\':
                value = value.replace("\\" + character, character)
        elif value[:1] == "'" == value[-1:]:
            value = value[1:-1]
        found[name] = value
    return found


def mask(text: str, hidden: Mapping[str, str]) -> str:
    """The text without these values, also as JSON, URLs and base64 have them."""
    forms = set()
    for value in hidden.values():
        if len(value) >= LEAST:
            encoded = base64.b64encode(value.encode()).decode()
            forms |= {
                value,
                json.dumps(value)[1:-1],
                urllib.parse.quote(value, safe=""),
                urllib.parse.quote_plus(value),
                encoded,
            }
    # The longest first: one may be part of another.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text
