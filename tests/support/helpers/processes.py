# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that are killed with everything that they began."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def descendants(number: int) -> list[int]:
    """Processes that a process has begun, and those that these have begun. Ansible's workers are in groups of their own."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[1-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found, open_ones = [], [number]
    while open_ones:
        children = parents.get(open_ones.pop(), [])
        found += children
        open_ones += children
    return found


def end_at_once(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process and everything that it began."""
    for number in (process.pid, *descendants(process.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait(timeout=10)
