# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads of a lock."""

from __future__ import annotations

import time

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock.lock import Holder, Lock


def who(holder: Holder) -> str:
    """The run by its user, controller and process, as the unlock playbook asks for it."""
    return f"{holder['user']}@{holder['host']}:{holder['process']}"


def taken(lock: Lock) -> str:
    """Whose it is, since when and why."""
    holder = lock["holder"]
    return f"{who(holder)} has the lock {lock['name']} since {_clock(lock['since'])}, for {holder['reason']}"


def held(lock: Lock, machine: str, now: float) -> str:
    """Why a run has to wait, and what to do if it need not."""
    left = max(int(lock["expires"] - now), 0)
    return (
        f"{taken(lock)}, on {machine}. Nothing was changed. Wait until that run has ended. If it died, its lock expires in {left} s; to "
        f"break it now: playbooks/unlock.yml -e unlock={who(lock['holder'])}"
    )


def lost(lock: Lock, machine: str) -> str:
    """Why a run must not go on."""
    if lock["state"] == "broken":
        why = "an operator broke it"
    else:
        why = f"{who(lock['holder'])} took it at {_clock(lock['since'])} for {lock['holder']['reason']}"
    return (
        f"This run had the lock {lock['name']} of {machine}, and lost it: {why}. What this run found before may no longer hold, so it "
        "ends here. Run it again"
    )


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
