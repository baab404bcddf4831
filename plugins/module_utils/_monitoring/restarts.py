# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which units of monitoring start or restart, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import of_unit

KINDS = {"prometheus": "prometheus", "prometheus-alertmanager": "alertmanager", "grafana": "grafana"}


def restarts(
    units: Iterable[Mapping[str, Any]], changed: Collection[str], stale: Iterable[str]
) -> list[dict[str, str]]:
    """Rows of the list of restarts.

    :arg units: each with ``name`` and the files that it has to ``restart`` for.
    :arg changed: the files that this run wrote, or would write.
    :arg stale: a unit and its state on each line, as roles/monitoring/templates/stale.sh.j2 prints them.
    """
    states = {line.split()[0]: line.split()[1] for line in stale}
    rows = []
    for unit in units:
        name = unit["name"]
        kind = KINDS.get(name.rpartition(".")[0], "timer" if name.endswith(".timer") else "exporter")
        state = states.get(name)
        changed_files = set(unit.get("restart", ())) & set(changed)
        row = of_unit(name, kind, state != "started", changed_files, state == "restarted")
        rows += [row] if row else []
    return rows
