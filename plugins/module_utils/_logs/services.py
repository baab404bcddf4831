# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which units of the role logs start, restart or reload, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import of_unit


def services(
    units: Iterable[Mapping[str, Any]], written: Collection[str], probed: Collection[str]
) -> list[dict[str, Any]]:
    """Each unit that has something to do, with its state for systemd and its row of the list of restarts, if it has one.

    :arg units: each with ``name``, ``kind``, and the files for which it has to ``restart`` or ``reload``.
    :arg written: the files that were written and have not been loaded.
    :arg probed: lines of roles/logs/templates/probe.sh.j2.
    """
    found = []
    for unit in units:
        name, changed = unit["name"], set(unit["restart"]) & set(written)
        running = f"started {name}" in probed
        row = of_unit(name, unit["kind"], running, changed, stale=False)
        reloads = f"stale {name}" in probed or bool(set(unit.get("reload", ())) & set(written))
        if row or reloads:
            state = "restarted" if changed else "reloaded" if running else "started"
            found.append({"name": name, "state": state, "row": row})
    return found
