# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this run of Ansible restarts, as its roles said so far. For action plugins, which run in processes that it forked."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list.rows import Row
from ansible_collections.plannerate.infra.plugins.plugin_utils import _this_run as this_run


def listed() -> list[Row]:
    with contextlib.suppress(FileNotFoundError):
        return [json.loads(line) for line in this_run.file("restarts").read_text(encoding="utf-8").splitlines()]
    return []


def add(rows: Iterable[Row]) -> None:
    """Several hosts do so at the same time: one write each, at the end of the file."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    descriptor = os.open(this_run.file("restarts"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
