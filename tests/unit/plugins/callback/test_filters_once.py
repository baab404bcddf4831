# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A filter is loaded once for a run, not once for each task, as the checkout's ansible.cfg has it."""

from __future__ import annotations

import pytest
from support.helpers.checkout import ROOT
from support.helpers.plays import run_play

# Notes each time that it is loaded.
FILTER = """
with open({log!r}, "a") as file:
    file.write("loaded ")

class FilterModule:
    def filters(self):
        return {{"noted": lambda value: value}}
"""


@pytest.fixture
def loads(tmp_path, monkeypatch):
    """A function that runs tasks with a filter of this collection, and gives how often that was loaded."""
    collection = tmp_path / "collections/ansible_collections/plannerate/infra"
    (collection / "plugins/filter").mkdir(parents=True)
    for path in (ROOT / "plugins/module_utils", ROOT / "plugins/plugin_utils"):
        (collection / "plugins" / path.name).symlink_to(path)
    (collection / "plugins/callback").mkdir()
    for path in (ROOT / "plugins/callback").glob("*.py"):
        # Not a link: it looks for the filters beside it.
        (collection / "plugins/callback" / path.name).write_text(path.read_text())
    log = tmp_path / "log"
    (collection / "plugins/filter/noted.py").write_text(FILTER.format(log=str(log)))
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path / "collections"))

    def run(number):
        task = {"name": "Say", "ansible.builtin.debug": {"msg": "{{ 'heard' | plannerate.infra.noted }}"}}
        code, said = run_play(tmp_path, {"hosts": "localhost", "tasks": [task] * number}, "--inventory=localhost,")
        assert code == 0 and said.count("msg: heard") == number and "WARNING" not in said, said
        return log.read_text().count("loaded")

    return run


@pytest.mark.parametrize(("tasks", "expected"), [(2, 2), (12, 3)])
def test_from_the_third_task_on_it_is_loaded(loads, tasks, expected):
    assert loads(tasks) == expected
