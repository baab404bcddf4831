# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of run_lock: who this run is, and whether the run that has a lock still lives."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.plannerate.infra.plugins.plugin_utils import _this_run as this_run


class ActionModule(ActionBase):
    _requires_connection = True
    _VALID_ARGS = frozenset(("names", "state", "broken", "seconds", "wait"))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        args = {"state": "taken", "seconds": this_run.SECONDS, **self._task.args}
        names = args["names"] = [args["names"]] if isinstance(args.get("names"), str) else args.get("names") or []
        args["holder"] = this_run.holder()
        args["machine"] = self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "this machine")

        def execute(**more: Any) -> dict[str, Any]:
            return self._execute_module("plannerate.infra.run_lock", module_args={**args, **more}, task_vars=task_vars)

        if args["state"] != "taken":
            result = execute()
            if args["state"] == "released":
                this_run.remember({name: seconds for name, seconds in this_run.taken().items() if name not in names})
            return result
        if not self._task.check_mode:
            # First, so that what this run has is renewed also where it is killed in between.
            this_run.remember({**this_run.taken(), **dict.fromkeys(names, int(args["seconds"]))})
        result = execute(wait=0)
        if "held_by" in result and not this_run.has_ended(result["held_by"]) and not this_run.was_refused():
            result = execute()
        # Asked again: a run that fails gives nothing back, also while somebody waits for it.
        if "held_by" in result and this_run.has_ended(result["held_by"]):
            result = execute(ended=result["held_by"])
        if "held_by" in result:
            this_run.remember_refusal()
        return result
