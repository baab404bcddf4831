# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a line "MACHINE ACTION: TASK" for each module that a playbook runs on a machine, into the file that MODULE_CALLS names.

Items of a loop count one by one. What was skipped, and what only the controller does, does not count.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

ON_THE_CONTROLLER = {
    "assert", "debug", "fail", "group_by", "import_role", "import_tasks", "include_role", "include_tasks", "meta", "set_fact",
    "validate_argument_spec", "plannerate.infra.restart_list",
}  # fmt: skip


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_calls"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.task.loop is None:
            self._count(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._count(result)

    @staticmethod
    def _count(result: Any) -> None:
        action = result.task.action.removeprefix("ansible.builtin.")
        if action in ON_THE_CONTROLLER:
            return
        machine = (result.result.get("_ansible_delegated_vars") or {}).get("ansible_delegated_host") or result.host.name
        with Path(os.environ["MODULE_CALLS"]).open("a", encoding="utf-8") as file:
            file.write(f"{machine} {action}: {result.task.get_name()}\n")
