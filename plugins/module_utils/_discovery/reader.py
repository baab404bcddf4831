# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one instance of this machine is, from its files and from what its programs say. Never writes."""

from __future__ import annotations

import glob
import json
import os
import pwd
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import (
    inspect_config_directory,
)
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.data_directory import (
    DataDirectory,
    inspect_data_directory,
)
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.host import disk_mb
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.instance import Instance, describe_instance
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import ServerAnswer, statements
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.synchronous_files import synchronous_in_files
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import (
    ControlData,
    Fork,
    Postmaster,
    access_rules,
    control_data,
    timeline_history,
)

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


class MemberOption(TypedDict):
    """One of the members of M(plannerate.infra.postgres_cluster_info)."""

    name: str
    version: int
    cluster: str | None
    port: int
    data_directory: str
    config_directory: str | None
    socket_directory: str


class InstanceReader:
    """Reads the files of one instance of this machine and asks the programs that know more of it."""

    def __init__(self, module: AnsibleModule, member: MemberOption, timeout: int) -> None:
        self.module = module
        self.member = member
        self.timeout = timeout
        self.errors: list[str] = []

    def read(self) -> Instance:
        path = self.member["config_directory"] or f"/etc/postgresql/{self.member['version']}/{self.member['cluster']}"
        config = inspect_config_directory(path)
        data = inspect_data_directory(self.member["data_directory"])
        foreign = config["managed"] is False
        control = server = newest_file = service_active = None
        if data["state"] == "complete":
            control = self._control_data(data)
            server = self._ask(data, data["postmaster"], foreign) if data["postmaster"] else None
        if server and foreign:
            service_active = self._is_active()
            if config["adopted_rules"] is None:
                # Where it is says the server, whose user has to be able to read it. No server runs as root.
                owner = os.stat(self.member["data_directory"]).st_uid
                config["adopted_rules"] = access_rules((read_file(server["hba_file"], owner) if owner else None) or "")
        if control and not server and not data["standby"]:
            control["timeline"] = self._newest_timeline(control["timeline"])
        timeline = server["timeline"] if server else control["timeline"] if control else None
        history = self._history(timeline) if timeline else None
        if server:
            newest_file = _newest(os.path.join(server["data_directory"], name) for name in server["files"] or [])
        return describe_instance(
            self.member["port"],
            disk_mb(self.member["data_directory"]),
            config,
            data,
            control,
            server,
            service_active,
            self.errors,
            newest_file,
            history,
            None if server else synchronous_in_files(path, self.member["data_directory"]),
        )

    def _newest_timeline(self, timeline: int | None) -> int | None:
        """Of a primary that was stopped before its first checkpoint, only the history file tells the timeline that it began."""
        paths = glob.glob(os.path.join(self.member["data_directory"], "pg_wal", "????????.history"))
        histories = [int(os.path.basename(path)[:8], 16) for path in paths]
        return max([*histories, timeline or 0]) or None

    def _history(self, timeline: int) -> list[Fork] | None:
        """From which timelines a timeline comes. The first one comes from none and has no file."""
        path = os.path.join(self.member["data_directory"], "pg_wal", f"{timeline:08X}.history")
        text = "" if timeline == 1 else read_file(path)
        return None if text is None else timeline_history(text)

    def _control_data(self, data: DataDirectory) -> ControlData | None:
        output = self._run(data, "pg_controldata", [self.member["data_directory"]])
        return control_data(output) if output is not None else None

    def _is_active(self) -> bool:
        """Whether the server belongs to its unit; one that was started otherwise does not."""
        unit = f"postgresql@{self.member['version']}-{self.member['cluster']}.service"
        return self.module.run_command(["systemctl", "--quiet", "is-active", unit])[0] == 0

    def _ask(self, data: DataDirectory, postmaster: Postmaster, foreign: bool) -> ServerAnswer | None:
        arguments = ["--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--no-password", "-v", "ON_ERROR_STOP=1"]
        arguments += ["--host", postmaster["socket_directory"] or self.member["socket_directory"]]
        arguments += ["--port", str(postmaster["port"] or self.member["port"]), "--dbname", "postgres"]
        for statement in statements(data["version"] or self.member["version"], foreign):
            arguments += ["--command", statement]
        output = self._run(data, "psql", arguments)
        return json.loads(output.splitlines()[-1]) if output is not None else None

    def _run(self, data: DataDirectory, program: str, arguments: list[str]) -> str | None:
        """Output of a program of this member's release, run as the data directory's owner; None when it failed."""
        executable = self._program(data, program)
        if not executable:
            self.errors.append(f"{program} is not installed for PostgreSQL {data['version']}")
            return None
        command = ["timeout", "-k", "1", str(self.timeout), executable, *arguments]
        owner = os.stat(self.member["data_directory"]).st_uid
        if owner != os.geteuid():
            try:
                command = ["runuser", "-u", pwd.getpwuid(owner).pw_name, "--", *command]
            except KeyError:
                self.errors.append(
                    f"{self.member['data_directory']} belongs to user id {owner}, which has no name here"
                )
                return None
        code, output, error = self.module.run_command(command, cwd="/", environ_update=self._environment())
        if code == 0:
            return output
        self.errors.append(
            f"{program} took more than {self.timeout} s" if code in (124, 137) else f"{program}: {error.strip()}"
        )
        return None

    def _program(self, data: DataDirectory, program: str) -> str | None:
        # Never Debian's wrappers in /usr/bin where it can be helped: they stop at a syntax error in the configuration.
        own = [f"/usr/lib/postgresql/{version}/bin" for version in (data["version"], self.member["version"])]
        for directory in own:
            if os.access(os.path.join(directory, program), os.X_OK):
                return os.path.join(directory, program)
        return self.module.get_bin_path(program)

    def _environment(self) -> dict[str, str]:
        options = {
            "default_transaction_read_only": "on",
            "search_path": "pg_catalog",
            "statement_timeout": f"{self.timeout}s",
        }
        return {
            "LC_ALL": "C",
            "PGCLIENTENCODING": "UTF8",
            "PGCONNECT_TIMEOUT": str(self.timeout),
            "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in options.items()),
        }


def _newest(files: Iterable[str]) -> float | None:
    times = []
    for file in files:
        try:
            times.append(os.stat(file).st_mtime)
        except OSError:
            continue
    return max(times, default=None)
