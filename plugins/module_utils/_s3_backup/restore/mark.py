# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore writes on a database that it makes: only what carries this mark is ever dropped. Pure."""

from __future__ import annotations

import json
import secrets

# Nobody's name by chance, and no other restore's.
_PREFIX = "restore_"
_KEY = "plannerate-backup"
LOADING, LOADED = "loading", "loaded"


def new_name():
    return _PREFIX + secrets.token_hex(8)


def comment(state, target, backup):
    """The comment of a database: whether it is still being loaded, into which name, from which backup."""
    return json.dumps({_KEY: state, "target": target, "backup": backup})


def read(name, text):
    """C(state), C(target) and C(backup) of a database with this name and comment, or None where it carries no mark."""
    try:
        found = json.loads(text or "")
    except ValueError:
        return None
    if not name.startswith(_PREFIX) or not isinstance(found, dict) or found.get(_KEY) not in (LOADING, LOADED):
        return None
    return {"state": found[_KEY], "target": found.get("target"), "backup": found.get("backup")}
