# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that only note what a change of primary asks of them, and answer as servers and poolers in a given state would."""

from __future__ import annotations

import json
import re
from typing import Any
from unittest.mock import patch

from ansible_collections.plannerate.infra.plugins.module_utils._promotion import change
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import Answer, Machine, StepFailed
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.options import argument_spec
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.run import carry_out

NAMES = ("pg-main", "pg-replica1", "pg-replica2")
MACHINES = ("db01", "db02", "db03")
MEMBERS: list[dict[str, Any]] = [
    {
        "name": name,
        "machine": machine,
        "address": f"198.18.0.{number}",
        "port": 5432,
        "version": 15,
        "cluster": name.replace("-", "_"),
        "slot": name.replace("-", "_"),
        "data_directory": f"/var/lib/postgresql/15/{name}",
        "config_directory": f"/etc/postgresql/15/{name}",
        "initial_role": "primary" if name == "pg-main" else "standby",
    }
    for number, (name, machine) in enumerate(zip(NAMES, MACHINES), 1)
]
ANY = 'ANY {} ("pg-main", "pg-replica1", "pg-replica2")'


def synchronous(needed=1, commit="on", source="running"):
    return [
        {"name": "synchronous_standby_names", "value": ANY.format(needed) if needed else "", "source": source},
        {"name": "synchronous_commit", "value": commit, "source": source},
    ]


def answer(state, role=None, receive="0/5000000", replay="0/5000000", needed=1, **more):
    """What discovery tells of a member."""
    has_data = state in ("running", "stopped")
    standby = role == "standby"
    result: dict[str, Any] = {
        "state": state,
        "role": role,
        "data_present": has_data,
        "marker": "7",
        "version": 15 if has_data else None,
        "system_identifier": "7" if has_data else None,
        "timeline": 1 if has_data else None,
        "history": [] if has_data else None,
        "lsn": None if standby else "0/5000000",
        "receive_lsn": receive if standby else None,
        "replay_lsn": replay if standby else None,
        "replay_at_end": False if standby else None,
        "upstream": {"host": "db01", "port": 5432} if standby else None,
        "detached_from": None,
        "slots": [],
        "synchronous": [{"application_name": name, "state": "streaming", "sync_state": "quorum"} for name in NAMES[1:]],
        "settings": {
            "synchronous_standby_names": ANY.format(needed) if needed else "",
            "max_replication_slots": 10,
        },
        "synchronous_settings": synchronous(needed) if has_data else None,
        "auto_conf": [],
        "configuration_errors": [],
        "detail": None,
    }
    result.update(more)
    return result


PRIMARY = answer("running", "primary")
STANDBY = answer("running", "standby")
CRASHED = answer("stopped", "primary", detail="was not shut down cleanly (its control file says in production)")
STOPPED = answer("stopped", "primary")


def cluster(main, first="running standby", second="running standby"):
    """The three members' answers; one that is None cannot be reached."""
    replicas = (STANDBY if each == "running standby" else each for each in (first, second))
    return {name: found for name, found in zip(NAMES, (main, *replicas)) if found}


class World:
    """Machines, what they were asked in order, and what is wrong with them.

    ``pending``: the settings that wait for a restart; ``by_hand``: those of postgresql.auto.conf. ``fails``: a step that begins with one
    of these does not succeed. ``later``: what a member says when it is asked during the change, beside what discovery told. By name of
    the pooler's machine: whether its pool is ``paused``, its watchdog ``armed``, and the address to which the pool leads.
    ``unconfigured``: the machines of poolers that no run has configured.
    """

    def __init__(self, answers):
        self.answers = answers
        self.asked: list[str] = []
        self.fails: tuple[str, ...] = ()
        self.pending: dict[str, str] = {}
        self.by_hand: list[str] = []
        self.later: dict[str, dict[str, Any]] = {}
        self.paused: dict[str, bool] = {}
        self.targets: dict[str, str] = {}
        self.armed: dict[str, bool] = {}
        self.unconfigured: tuple[str, ...] = ()
        self.machines = {name: FakeMachine(name, self) for name in MACHINES}

    def change(self, mode, check=False, **given):
        params: dict[str, Any] = {name: option.get("default") for name, option in argument_spec().items()}
        files = {one: {other: f"follow {one}" for other in NAMES if other != one} for one in NAMES}
        params.update(members=MEMBERS, answers=self.answers, standby_files=files, mode=mode, poolers=[])
        params["synchronous"] = {name: ANY.format(1) for name in NAMES}
        params.update(given)
        self.paused = {entry["machine"]: False for entry in params["poolers"]}
        self.targets = {entry["machine"]: MEMBERS[0]["address"] for entry in params["poolers"]}
        with patch.object(change, "READERS_SECONDS", 0):
            return carry_out(params, self.machines, check)

    def did(self, *beginnings):
        """The steps that begin with one of these, in order."""
        return [step for step in self.asked if step.startswith(beginnings)]


class FakeMachine(Machine):
    def __init__(self, name, world):
        super().__init__(name)
        self.world = world

    def check(self, what, script, seconds=10):
        self.world.asked.append(what)
        if what.startswith(self.world.fails):
            raise StepFailed(f"{what} on {self.name} was not done after {seconds:g} s")
        member = what.rpartition("(")[2].rstrip(")")
        if what.startswith(("asking what it is", "finding the end of its WAL", "replaying what it holds")):
            return json.dumps(self._survey(member))
        if what.startswith("asking for settings by ALTER SYSTEM"):
            return "\n".join(self.world.by_hand)
        if what.startswith("asking for settings"):
            return "12\n" + json.dumps(self.world.pending)
        if what.startswith("looking at the log"):
            return "0"
        if what.startswith("promotion"):
            self.world.later.setdefault(member, {})["timeline"] = 2
        if what.startswith("reading the control file"):
            return "Database cluster state: shut down\nLatest checkpoint location: 0/5000000\n"
        if what == "asking PgBouncer":
            return self._pooler(script)
        if what == "preparing the watchdog of the pause":
            self.world.armed[self.name] = True
        if what == "pausing PgBouncer":
            self.world.paused[self.name] = True
        if what == "resuming PgBouncer":
            self.world.paused[self.name] = False
            led = re.search(r"\\1host=([\d.]+) ", script)
            if led:
                self.world.targets[self.name] = led.group(1)
            return self._databases()
        return ""

    def run(self, script, seconds=10):
        if "pgbouncer-resume" in script:
            self.world.armed[self.name] = False
        missing = script.startswith("test -d") and self.name in self.world.unconfigured
        return Answer(int(missing), "", "")

    def _survey(self, name):
        told = {**self.world.answers[name], **self.world.later.get(name, {})}
        return {
            **{key: told[key] for key in ("timeline", "receive_lsn", "replay_lsn", "replay_at_end", "slots")},
            "history": "1\t0/5000000\tno recovery target\n" if told["timeline"] == 2 else None,
            "in_recovery": told["role"] == "standby",
            "lsn": told["lsn"],
            "replay_paused": False,
            "synchronous_standby_names": told["settings"]["synchronous_standby_names"],
            "standbys": {
                each: {"state": "streaming", "sync_state": "quorum", "replay_bytes": 0}
                for each in NAMES
                if each != name
            },
            "clients": [],
        }

    def _pooler(self, script):
        if "== databases" not in script:
            return self._databases()
        return (
            f"== databases\n{self._databases()}\n"
            "== pools\ndatabase,cl_active,cl_waiting\nshop,1,0\n"
            "== servers\nremote_pid\n17\n"
        )

    def _databases(self):
        paused = int(self.world.paused[self.name])
        return f"name,host,port,pool_mode,paused\nshop,{self.world.targets[self.name]},5432,transaction,{paused}"
