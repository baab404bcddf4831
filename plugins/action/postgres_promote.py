# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs M(plannerate.infra.postgres_promote) as one module where one machine has everything, and over connections otherwise."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.connection import ConnectionBase
from ansible.plugins.loader import become_loader, connection_loader

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Machine
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.options import argument_spec, machines_of
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.run import carry_out


class _TimeIsUp(BaseException):
    """As Ansible's own time limits: no Exception, which connections catch to try again."""


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupts what the worker waits for, be it a connection on which nobody answers any more.

    :raises _TimeIsUp: after so many seconds.
    """

    def interrupt(*_: object) -> None:
        raise _TimeIsUp

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, interrupt)
    # The task's own time limit, if it has one, is an alarm too.
    left = signal.setitimer(signal.ITIMER_REAL, seconds)[0]
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - began), 0.001))


class RemoteMachine(Machine):
    """A machine behind a connection that stays open. Its scripts run as root, by the inventory's way of becoming so."""

    def __init__(self, name: str, connection: ConnectionBase, action: ActionModule) -> None:
        super().__init__(name)
        self.connection, self.action = connection, action
        self.entered = False

    def execute(self, argv: list[str], seconds: float) -> tuple[int, str, str]:
        try:
            with _at_most(seconds):
                answer = self.action.execute_on(self.connection, argv)
        except _TimeIsUp:
            return self.TIMED_OUT[0], "", f"no answer within {seconds:g} s"
        except AnsibleError as failure:
            # A wrong password is no machine that is gone; but nothing ends a change that has begun.
            if not (self.entered or isinstance(failure, AnsibleConnectionFailure)):
                raise AnsibleError(f"{self.name}: {failure}") from failure
            return 255, "", f"the connection to {self.name} failed: {failure}"
        self.entered = True
        return answer["rc"], answer["stdout"], answer["stderr"]


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        super().run(tmp, task_vars)
        params = self.validate_argument_spec(argument_spec())[1]
        names = machines_of(params)
        if len(names) == 1:
            return self._execute_module(
                module_name="plannerate.infra.postgres_promote", module_args=self._task.args, task_vars=task_vars
            )
        machines: dict[str, Machine] = {}
        for name in names:
            machine = RemoteMachine(name, self._connect(name, task_vars), self)
            answer = machine.run("true", 10)
            if answer.code == 0:
                machines[name] = machine
            else:
                self._display.warning(
                    f"{name} counts as a machine that cannot be reached: {answer.errors or answer.code}"
                )
        return carry_out(params, machines, self._task.check_mode)

    def execute_on(self, connection: ConnectionBase, argv: list[str]) -> dict[str, Any]:
        """The answer of a command on another connection than the task's own."""
        own, self._connection = self._connection, connection
        try:
            # With something on standard input there is no terminal, on which psql would wait for somebody to page.
            return self._low_level_execute_command(shlex.join(argv), sudoable=True, in_data=b"\n")
        finally:
            self._connection = own

    def _connect(self, name: str, task_vars: Mapping[str, Any]) -> ConnectionBase:
        """A connection to a machine of the inventory, as a task that is delegated to it would have: as Ansible's TaskExecutor makes it."""
        variables = task_vars["hostvars"][name]
        context = self._play_context.copy()
        context.remote_addr = variables.get("ansible_host", name)
        kind = variables.get("ansible_connection") or self._task.connection or "ssh"
        connection = connection_loader.get(kind, context)
        if connection is None:
            raise AnsibleError(f"{name}: there is no connection plugin {kind!r}")
        keys = {**self._task.dump_attrs(), "timeout": context.timeout, "become_user": "root", **self._given(task_vars)}
        # The task's own retries are not the connection's.
        del keys["retries"]
        _configure("connection", connection, keys, variables)
        _configure("shell", connection._shell, keys, variables)
        _keep_alive(connection)
        wanted = variables.get("ansible_become")
        if self._task.become if wanted is None else boolean(wanted):
            become = become_loader.get(variables.get("ansible_become_method") or self._task.become_method or "sudo")
            _configure("become", become, keys, variables)
            connection.set_become_plugin(become)
        return connection

    def _given(self, task_vars: Mapping[str, Any]) -> dict[str, str]:
        """The passwords of the command line (-k, -K). What the inventory has for the task's own machine is nobody else's."""
        own = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        names = {option: C.MAGIC_VARIABLE_MAPPING[option] for option in ("password", "become_pass")}
        return {
            option: value
            for option, variables in names.items()
            if (value := getattr(self._play_context, option)) and not any(each in own for each in variables)
        }


def _configure(kind: str, plugin: Any, keys: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
    """Gives a plugin its options. Of a machine's variables only those that it has are looked at: others need not even be defined."""
    own = {name: variables[name] for name in C.config.get_plugin_vars(kind, plugin._load_name) if name in variables}
    plugin.set_options(task_keys=keys, var_options=own)


def _keep_alive(connection: ConnectionBase) -> None:
    """Sees to it that an SSH connection whose network is gone ends, where the configuration does not say when."""
    if connection._load_name.rpartition(".")[2] != "ssh":
        return
    given = " ".join(connection.get_option(name) or "" for name in ("ssh_args", "ssh_common_args", "ssh_extra_args"))
    if "ServerAliveInterval" not in given:
        extra = f"{connection.get_option('ssh_extra_args') or ''} -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
        connection.set_option("ssh_extra_args", extra.strip())
        # A connection that is open already was made without. As short as Ansible's own names: a socket's path has at most 104 characters.
        to = [connection.get_option("host"), connection.get_option("port"), connection.get_option("remote_user")]
        name = hashlib.sha1(f"promotion-{to}".encode(), usedforsecurity=False).hexdigest()[:10]
        connection.set_option("control_path", f"%(directory)s/{name}")
