# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the physical backups hold, asked from the command of the dumps. A process of its own, since it goes on as another user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from ..errors import BackupError
from .configuration import PATH

NOTHING: dict[str, list[Any]] = {"backups": [], "windows": [], "reaches": [], "gaps": []}


def ask(path=PATH):
    """What C(plannerate-physical list --json) answers; nothing where there are no physical backups on this machine.

    :raises BackupError: with what it says, where it fails.
    """
    if not os.path.exists(path):
        return NOTHING
    argv = [sys.executable, "-B", "-m", __package__, "list", f"--config={path}", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError as error:
        raise BackupError(f"the physical backups cannot be listed: {done.stderr[-500:]}") from error
    if done.returncode:
        raise BackupError(f"the physical backups cannot be listed: {told['message']}")
    return told
