# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of this machine, as those that hold locks are told apart."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock.lock import Holder

PROC = Path("/proc")


def has_ended(other: Holder, ours: int) -> bool:
    """Whether another run of this machine is known to have ended, with every process that it forked: these live on when it is killed.

    :arg ours: the process of this run.
    """
    if not other["controller"] or other["controller"] != controller():
        return False
    since = began(other["process"])
    if since is None:
        try:
            os.kill(other["process"], 0)
        except ProcessLookupError:
            pass
        except OSError:
            return False
        else:
            return False
    elif since == other["began"]:
        return False
    return not _forked(other["command"], ours)


def controller() -> str:
    with contextlib.suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(PROC / 'self/ns/pid')}"
    return ""


def began(process: int) -> float | None:
    """When a process of this machine began, in clock ticks since the machine did; None where it is gone or nobody can say."""
    fields = _stat(process)
    return float(fields[19]) if fields else None


def command(process: int) -> str:
    with contextlib.suppress(OSError):
        text = (PROC / str(process) / "cmdline").read_bytes()
        return hashlib.sha256(text).hexdigest()[:16] if text else ""
    return ""


def _forked(wanted: str, ours: int) -> bool:
    """Whether a process has the command of that run and is none of this one."""
    for path in PROC.glob("[1-9]*"):
        number = int(path.name)
        if number in (ours, os.getpid()) or command(number) != wanted:
            continue
        if _parent(number) != ours:
            return True
    return False


def _parent(process: int) -> int | None:
    fields = _stat(process)
    return int(fields[1]) if fields else None


def _stat(process: int) -> list[str]:
    with contextlib.suppress(OSError):
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return []
