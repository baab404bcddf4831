# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This run of Ansible as the holder of locks, and which it has taken. For action plugins, which run in processes that it forked."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock.lock import Holder

TAKEN, REFUSED = "run_locks", "run_refused"
# Until a lock expires, where nothing else is said.
SECONDS = 1800
PROC = Path("/proc")


def holder() -> Holder:
    """This run. A worker's parent is the process of the command."""
    process = os.getppid()
    return {
        "user": os.environ.get("GITHUB_ACTOR") or _user(),
        "host": socket.gethostname(),
        "controller": _controller(),
        "process": process,
        "began": _began(process) or 0.0,
        "command": _command(process),
        "reason": ", ".join(Path(each).name for each in context.CLIARGS.get("args") or ()) or "ansible",
    }


def has_ended(other: Holder) -> bool:
    """Whether another run of this controller is known to have ended, with every process that it forked: these live on when it is killed."""
    if not other["controller"] or other["controller"] != _controller():
        return False
    began = _began(other["process"])
    if began is None:
        try:
            os.kill(other["process"], 0)
        except ProcessLookupError:
            pass
        except OSError:
            return False
        else:
            return False
    elif began == other["began"]:
        return False
    return not _forked(other["command"])


def taken() -> dict[str, int]:
    """The locks that this run has taken and not given back: after how many seconds each expires, by its name."""
    with contextlib.suppress(FileNotFoundError):
        return {str(name): int(seconds) for name, seconds in json.loads(file().read_text()).items()}
    return {}


def remember(locks: Mapping[str, int]) -> None:
    """In place of what was remembered."""
    temporary = file().with_name(f"{TAKEN}.{os.getpid()}")
    temporary.write_text(json.dumps(dict(locks)))
    temporary.replace(file())


def was_refused() -> bool:
    """Whether this run has waited for another one already, and in vain."""
    return file(REFUSED).exists()


def remember_refusal() -> None:
    file(REFUSED).touch()


def lock_option() -> dict[str, Any]:
    """What a module that changes something is given, so that it first sees whether this run still has its locks."""
    locks = taken()
    return {"lock": {"names": sorted(locks), "holder": holder(), "seconds": max(locks.values())}} if locks else {}


def _forked(command: str) -> bool:
    """Whether a process has the command of that run and is none of this one."""
    ours = os.getppid()
    for path in PROC.glob("[1-9]*"):
        number = int(path.name)
        if number in (ours, os.getpid()) or _command(number) != command:
            continue
        if _parent(number) != ours:
            return True
    return False


def _command(process: int) -> str:
    with contextlib.suppress(OSError):
        text = (PROC / str(process) / "cmdline").read_bytes()
        return hashlib.sha256(text).hexdigest()[:16] if text else ""
    return ""


def _parent(process: int) -> int | None:
    fields = _stat(process)
    return int(fields[1]) if fields else None


def _began(process: int) -> float | None:
    """When a process of this machine began, in clock ticks since the machine did; None where it is gone or nobody can say."""
    fields = _stat(process)
    return float(fields[19]) if fields else None


def _stat(process: int) -> list[str]:
    with contextlib.suppress(OSError):
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return []


def _controller() -> str:
    with contextlib.suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink(PROC / 'self/ns/pid')}"
    return ""


def file(name: str = TAKEN) -> Path:
    # Ansible makes this directory for each run, and removes it at the end. Constants are made when ansible.constants is imported.
    return Path(vars(C)["DEFAULT_LOCAL_TMP"]) / name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
