# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services beside and with PgBouncer start or restart in a converge, and why. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.probe import Answer, Pending
from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import of_unit


def restarts(
    answer: Answer, services: Iterable[Mapping[str, Any]], written: Collection[str], pending: Pending
) -> list[dict[str, str]]:
    """Rows of the list of restarts.

    :arg services: units with ``name``, ``kind``, ``state`` (what happens for new ``files``) and ``files``.
    :arg written: the files that were written and have not been loaded.
    """
    rows = []
    for service in services:
        name, kind, restarted = service["name"], service["kind"], service["state"] == "restarted"
        changed = set(service["files"]) & set(written) if restarted else set()
        row = of_unit(name, kind, name in answer["started"], changed, restarted and name in answer["stale"])
        if not row and kind == "pgbouncer" and pending["restart"]:
            row = {"name": name, "kind": kind, "why": "; ".join(pending["restart"])}
        rows += [row] if row else []
    return rows
