# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: filters_once
type: aggregate
short_description: Load the filters of this collection once for a run
version_added: 0.1.0
description:
  - Ansible runs each task in a process of its own, which loads the filters that it needs, and the code behind them, anew. That takes more
    time than all else in most tasks. With this callback they are loaded before the third task, and each later one finds them loaded.
  - Prints and changes nothing.
requirements:
  - Is listed in C(callbacks_enabled) of ansible.cfg.
"""

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader, test_loader

# A run of one or two tasks is over sooner without.
FIRST = 3


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "plannerate.infra.filters_once"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._tasks = 0

    def v2_playbook_on_task_start(self, task: object, is_conditional: bool) -> None:
        self._tasks += 1
        if self._tasks == FIRST:
            # For one that is asked for, whatever its name, Ansible loads every file of filters; with the first test come its own filters.
            filter_loader.get("plannerate.infra.dotenv_quote")
            test_loader.get("ansible.builtin.defined")
