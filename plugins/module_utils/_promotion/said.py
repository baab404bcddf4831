# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the two plans say and ask of a member in the same words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.members import Member
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance


def is_a(answer: Instance | None, state: str, role: str) -> bool:
    return bool(answer) and answer is not None and answer["state"] == state and answer.get("role") == role


def said(answer: Instance | None) -> str:
    """A member in half a sentence."""
    if not answer:
        return "on a machine that cannot be reached"
    words = f"{answer['state']} {answer.get('role') or ''}".strip()
    if answer.get("timeline"):
        words += f", timeline {answer['timeline']}"
        if answer["state"] == "running" and answer.get("role") == "standby":
            words += (
                f", received {answer.get('receive_lsn') or 'unknown'}, replayed {answer.get('replay_lsn') or 'unknown'}"
            )
        else:
            words += f", LSN {answer.get('replay_lsn') or answer.get('lsn')}"
    return f"{words} ({answer['detail']})" if answer.get("detail") else words


def each_said(members: Sequence[Member], answers: Mapping[str, Instance]) -> str:
    return "; ".join(f"{member['name']} is {said(answers.get(member['name']))}" for member in members)


def missing_slots(name: str, answer: Instance, wanted: Sequence[str]) -> list[str]:
    """Why a member has no room for the replication slots that it needs as a primary; empty where it has."""
    there = [slot["name"] for slot in answer.get("slots") or []]
    most = (answer.get("settings") or {}).get("max_replication_slots")
    missing = [slot for slot in wanted if slot not in there]
    if most is None or len(there) + len(missing) <= most:
        return []
    return [
        f"{name} has {len(there)} replication slots of at most {most} (max_replication_slots), and needs {len(missing)} more as the "
        f"primary: {', '.join(missing)}. Drop slots there that nobody uses: {', '.join(slot for slot in there if slot not in wanted)}"
    ]
