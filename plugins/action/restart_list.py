# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of restart_list: nothing of it happens on a machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.plannerate.infra.plugins.module_utils._restart_list import rows as list_rows
from ansible_collections.plannerate.infra.plugins.plugin_utils import _restarts_of_this_run as restarts_of_this_run


class ActionModule(ActionBase):
    _requires_connection = False
    _VALID_ARGS = frozenset(("restarts",))

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        if "restarts" in self._task.args:
            rows = self._rows((task_vars or {}).get("inventory_hostname", "this machine"))
            restarts_of_this_run.add(rows)
            # In check mode, the list at the end has them.
            if not self._task.check_mode:
                for each in rows:
                    self._display.display(f"before it is done: {list_rows.line(each)}")
        else:
            failed = self._failed(task_vars or {})
            rows = list_rows.unique(restarts_of_this_run.listed() + list_rows.not_come_to(failed))
            for line in list_rows.lines(rows, self._task.check_mode):
                self._display.display(line)
        return {"changed": False, "restarts": rows}

    @staticmethod
    def _failed(task_vars: Mapping[str, Any]) -> list[str]:
        """Hosts of this play that an earlier one lost."""
        left = task_vars.get("ansible_play_hosts", ())
        return [host for host in task_vars.get("ansible_play_hosts_all", ()) if host not in left]

    def _rows(self, machine: str) -> list[list_rows.Row]:
        given = self._task.args["restarts"]
        if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given):
            raise AnsibleActionFail(f"restarts is {given!r}, expected a list of dicts")
        try:
            return [list_rows.row(each, machine) for each in given]
        except ValueError as error:
            raise AnsibleActionFail(f"restarts: {error}") from error
