# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts read of Ansible's output is there whatever callbacks a user has."""

from __future__ import annotations

import json
import sys

import pytest
from support.helpers.checkout import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import access
import report

TALKS = """
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "talks"

    def v2_playbook_on_start(self, *_, **__):
        print("{ here we go")

    def v2_playbook_on_stats(self, *_, **__):
        print("it took {} seconds")
"""
HERE = "bare ansible_connection=local\n"


@pytest.fixture
def own_callbacks(tmp_path, monkeypatch):
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks/talks.py").write_text(TALKS)
    (tmp_path / "hosts").write_text(HERE)
    for name, value in {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(tmp_path / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.timer,ansible.posix.profile_tasks",
        "ANSIBLE_STDOUT_CALLBACK": "minimal",
        "ANSIBLE_VERBOSITY": "1",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_module_is_asked(own_callbacks, tmp_path):
    answers = access.ask(str(tmp_path / "hosts"), dict(access.os.environ), "all", "ansible.builtin.debug", "msg=here")
    assert answers["bare"]["msg"] == "here"


def test_a_report_is_read(own_callbacks, tmp_path, monkeypatch):
    (tmp_path / "playbooks").mkdir()
    play = [
        {"hosts": "all", "gather_facts": False, "tasks": [{"name": "Show the cluster", "debug": {"msg": {"a": 1}}}]}
    ]
    (tmp_path / "playbooks/status.yml").write_text(json.dumps(play))
    monkeypatch.chdir(tmp_path)
    assert report.ask("hosts", "status") == report.Answer([{"a": 1}], 0, "ansible-playbook printed nothing.")


@pytest.mark.parametrize("before", ["", "{ talk\n", "[WARNING]: {\n"])
@pytest.mark.parametrize("behind", ["", "\nit took {} seconds\n"])
def test_what_stands_around_is_left_out(before, behind):
    written = json.dumps({"plays": [{"tasks": []}], "stats": {}}, indent=4)
    assert access.plays(f"{before}{written}{behind}") == [{"tasks": []}]


@pytest.mark.parametrize("output", ["", "ERROR! no such file", "{\n broken"])
def test_nothing_is_no_play(output):
    assert access.plays(output) == []
