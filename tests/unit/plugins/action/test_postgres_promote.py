# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections to several machines are made as the play's own are: with its passwords, and so that a dead network is noticed."""

from __future__ import annotations

import pytest
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task

from ansible_collections.plannerate.infra.plugins.action.postgres_promote import ActionModule


@pytest.fixture
def connect():
    """A function that gives the connection to db01, for a play and the machine's variables."""

    def connect(play=None, **variables):
        context = PlayContext()
        for name, value in (play or {}).items():
            setattr(context, name, value)
        task = Task()
        task.become = True
        action = ActionModule(task, None, context, None, None, None)
        return action._connect("db01", {"hostvars": {"db01": {"ansible_host": "198.18.0.12", **variables}}})

    return connect


def test_the_passwords_of_the_command_line(connect):
    """-k and -K."""
    connection = connect({"password": "login", "become_pass": "sudo"})
    assert connection.get_option("password") == "login"
    assert connection.become.get_option("become_pass") == "sudo"
    assert connection.become.build_become_command("true", connection._shell)
    assert connection.become.prompt, "sudo is told to ask for it"


def test_the_passwords_of_the_inventory_win(connect):
    connection = connect({}, ansible_become_password="of db01")
    assert connection.become.get_option("become_pass") == "of db01"


def test_without_a_password_sudo_does_not_ask(connect):
    connection = connect()
    connection.become.build_become_command("true", connection._shell)
    assert not connection.become.prompt


def test_a_network_that_is_gone_is_noticed(connect):
    connection = connect(ansible_ssh_args="-o ControlMaster=auto -o ControlPersist=60s")
    assert "ServerAliveInterval=5" in connection.get_option("ssh_extra_args")
    assert "promotion" in connection.get_option("control_path")


def test_an_operators_own_interval_is_kept(connect):
    connection = connect(ansible_ssh_common_args="-o ServerAliveInterval=30")
    assert "ServerAlive" not in (connection.get_option("ssh_extra_args") or "")
