# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run waits once for another one, and for none that has ended, be it meanwhile."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.plugins.action import ActionBase

from ansible_collections.plannerate.infra.plugins.action.run_lock import ActionModule
from ansible_collections.plannerate.infra.plugins.plugin_utils import _this_run as this_run

OTHER = {
    "user": "ana",
    "host": "laptop",
    "controller": "a",
    "process": 1,
    "began": 1.0,
    "command": "c",
    "reason": "site.yml",
}
HELD = {"failed": True, "refused": True, "held_by": OTHER}


@pytest.fixture
def take(tmp_path, monkeypatch):
    """A function that takes the lock, which another run has: how the machine was asked, and what came of it.

    The other run has ended when it is asked for the time of that number, or never.
    """
    monkeypatch.setattr(this_run, "file", lambda name=this_run.TAKEN: tmp_path / name)
    monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {})

    def run(ended_at=None):
        asked, questions = [], []

        def has_ended(_other):
            questions.append(None)
            return ended_at is not None and len(questions) >= ended_at

        def execute(_name, module_args, task_vars):
            asked.append({key: module_args[key] for key in ("wait", "ended") if key in module_args})
            return {} if module_args.get("ended") == OTHER else dict(HELD)

        monkeypatch.setattr(this_run, "has_ended", has_ended)
        action = ActionModule.__new__(ActionModule)
        action._task = SimpleNamespace(args={"names": ["cluster"]}, delegate_to="db01", check_mode=False)
        monkeypatch.setattr(action, "_execute_module", execute, raising=False)
        return asked, action.run(task_vars={})

    return run


def test_a_run_that_lives_is_waited_for_once(take):
    assert take() == ([{"wait": 0}, {}], HELD)
    assert this_run.was_refused()
    assert take() == ([{"wait": 0}], HELD), "at the next machine"


def test_one_that_has_ended_is_not_waited_for(take):
    assert take(ended_at=1) == ([{"wait": 0}, {"ended": OTHER}], {})
    assert not this_run.was_refused()


def test_one_that_ended_meanwhile_and_gave_nothing_back_keeps_nobody(take):
    assert take(ended_at=2) == ([{"wait": 0}, {}, {"ended": OTHER}], {})
    assert not this_run.was_refused()
