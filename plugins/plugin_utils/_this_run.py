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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import process
from ansible_collections.plannerate.infra.plugins.module_utils._run_lock.lock import Holder

TAKEN, REFUSED = "run_locks", "run_refused"
# Until a lock expires, where nothing else is said.
SECONDS = 1800


def holder() -> Holder:
    """This run. A worker's parent is the process of the command."""
    number = os.getppid()
    return {
        "user": os.environ.get("GITHUB_ACTOR") or _user(),
        "host": socket.gethostname(),
        "controller": process.controller(),
        "process": number,
        "began": process.began(number) or 0.0,
        "command": process.command(number),
        "reason": ", ".join(Path(each).name for each in context.CLIARGS.get("args") or ()) or "ansible",
    }


def has_ended(other: Holder) -> bool:
    """Whether another run of this controller is known to have ended, with every process that it forked."""
    return process.has_ended(other, os.getppid())


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


def file(name: str = TAKEN) -> Path:
    # Ansible makes this directory for each run, and removes it at the end. Constants are made when ansible.constants is imported.
    return Path(vars(C)["DEFAULT_LOCAL_TMP"]) / name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
