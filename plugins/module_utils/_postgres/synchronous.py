# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The setting C(synchronous_standby_names): how it is read, and how it is made. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

# quorum: one of the standbys confirms a commit. all: every one of them does. async: none.
MODES = ("quorum", "all", "async")


def confirmations(synchronous_standby_names: str | None) -> int:
    """How many standbys confirm a commit: the number of C(ANY n (...)), 0 where the setting is empty."""
    found = re.match(r"\s*(?:ANY|FIRST)?\s*(\d+)\s*\(", synchronous_standby_names or "", re.IGNORECASE)
    if found:
        return int(found.group(1))
    return 1 if (synchronous_standby_names or "").strip() else 0


def standby_names(mode: str, members: Sequence[str]) -> str:
    """The setting, the same on every member, so that any of them can be the primary.

    :arg mode: one of C(MODES).
    :arg members: names of all members of the cluster.
    """
    return _any(_required(mode, members), members)


def standby_names_during_adoption(
    mode: str, members: Sequence[str], before: str | None, connected: Sequence[str]
) -> str:
    """The setting of a primary whose standbys still follow it by the names that somebody else gave them.

    With the members' names alone no commit would be confirmed before every standby has its new name.

    :arg before: the setting as it was. Where it was empty it stays so, since commits must not begin to wait yet.
    :arg connected: names by which standbys follow the primary now.
    """
    return _any(_required(mode, members), [*members, *connected]) if before else ""


def _required(mode: str, members: Sequence[str]) -> int:
    if mode not in MODES:
        raise ValueError(f"the mode is {mode}, expected one of {', '.join(MODES)}")
    standbys = len(members) - 1
    return {"quorum": min(1, standbys), "all": standbys, "async": 0}[mode]


def _any(count: int, names: Sequence[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in dict.fromkeys(names))
    return f"ANY {count} ({listed})" if count else ""


def listed(setting):
    if "*" in setting:
        return None
    inner = re.search(r"\((.*)\)", setting)
    return [name.strip().strip('"') for name in (inner.group(1) if inner else setting).split(",") if name.strip()]


def weakest(settings_lists):
    rows = [row for rows in settings_lists for row in rows]
    names = [row["value"] for row in rows if row["name"] == "synchronous_standby_names"]
    lists = [listed(value) for value in names]
    return {
        "confirmations": min((confirmations(value) for value in names), default=0),
        "listed": None if None in lists else sorted({name for each in lists for name in each}),
        "weak_commits": [
            f"{row['source']} commits with synchronous_commit={row['value']}"
            for row in rows
            if row["name"] == "synchronous_commit" and row["value"] in ("off", "local")
        ],
    }
