# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This run of Ansible as the holder of locks, and which it has taken. For action plugins, which run in processes that it forked."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock.lock import Holder

# Ansible makes this directory for each run, and removes it at the end.
TAKEN = "run_locks"


def holder() -> Holder:
    """This run. A worker's parent is the process of the command."""
    process = os.getppid()
    return {
        "user": os.environ.get("GITHUB_ACTOR") or _user(),
        "host": socket.gethostname(),
        "process": process,
        "began": began(process) or 0.0,
        "reason": ", ".join(Path(each).name for each in context.CLIARGS.get("args") or ()) or "ansible",
    }


def began(process: int) -> float | None:
    """When a process of this machine began, in clock ticks since the machine did; None where it is gone or nobody can say."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return float(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19])
    return None


def has_ended(other: Holder) -> bool:
    """Whether another run of this controller is known to have ended."""
    return (
        other["host"] == socket.gethostname()
        and Path("/proc/self").exists()
        and began(other["process"]) != other["began"]
    )


def taken() -> list[str]:
    """The names of the locks that this run has taken, and not given back."""
    with contextlib.suppress(FileNotFoundError):
        return list(map(str, json.loads(_file().read_text())))
    return []


def remember(names: Iterable[str]) -> None:
    """In place of what was remembered."""
    _file().write_text(json.dumps(sorted(names)))


def lock_option(seconds: float = 1800) -> dict[str, Any]:
    """What a module that changes something is given, so that it first sees whether this run still has its locks."""
    names = taken()
    return {"lock": {"names": names, "holder": holder(), "seconds": seconds}} if names else {}


def _file() -> Path:
    # Constants are made when ansible.constants is imported.
    return Path(vars(C)["DEFAULT_LOCAL_TMP"]) / TAKEN


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
