# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of run_lock: who this run is, and whether the run that has a lock still lives."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.plannerate.infra.plugins.module_utils._run_lock import this_run


class ActionModule(ActionBase):
    _requires_connection = True
    _VALID_ARGS = frozenset(("names", "state", "broken", "seconds", "wait"))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        args = {**self._task.args, "holder": this_run.holder()}
        args["machine"] = self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "this machine")

        def execute(**more: Any) -> dict[str, Any]:
            return self._execute_module("plannerate.infra.run_lock", module_args={**args, **more}, task_vars=task_vars)

        names, state = args.get("names") or [], args.get("state", "taken")
        if state == "taken" and not self._task.check_mode:
            # First, so that a run that is killed in between renews what it has.
            this_run.remember({*this_run.taken(), *names})
        result = execute(**({"wait": 0} if state == "taken" else {}))
        if "held_by" in result:
            ended = {"ended": result["held_by"]} if this_run.has_ended(result["held_by"]) else {}
            result = execute(**ended)
        if state == "released":
            this_run.remember({*this_run.taken()} - {*names})
        return result
