#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_replication_lag
short_description: How far the standbys of a PostgreSQL primary are behind
version_added: 0.1.0
description:
  - Reports for each standby its state, its synchronous state, and how far it is behind in bytes and in seconds.
  - Fails when an expected standby is beyond a threshold, if any is given, and can wait until all have caught up.
  - A standby that is gone is reported as missing, and what cannot be known as null. Neither is ever 0, and neither is
    within a threshold.
  - Reads only. Ask the primary; the standbys are asked too where O(expected) says how to reach them.
options:
  expected:
    description:
      - The standbys that have to be connected. Thresholds and waiting are about these.
      - With an empty list the connected ones are reported and nothing is required.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name that the standby has as C(application_name).
        type: str
        required: true
      host:
        description:
          - Host of the standby itself.
          - Without O(expected[].host) and O(expected[].unix_socket) the standby is not asked. Its delay in seconds is then known
            from the primary only, and not at all while its replay stands still.
        type: str
      unix_socket:
        description: Directory of the standby's Unix socket, where it is on this machine.
        type: str
      port:
        description: Port of the standby; that of the primary when not given.
        type: int
      ssl_mode:
        description: As O(ssl_mode), for the session with the standby; the same when not given.
        type: str
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
      ca_cert:
        description: As O(ca_cert), for the session with the standby; the same when not given.
        type: path
  max_bytes:
    description: Most bytes of WAL that an expected standby may have yet to replay.
    type: int
  max_seconds:
    description: Most seconds that an expected standby may be behind.
    type: float
  require_sync:
    description: Whether expected standbys have to be synchronous, V(sync), V(quorum) or V(potential).
    type: bool
    default: false
  wait:
    description:
      - Waits until all expected standbys stream and are within the thresholds.
      - Without thresholds, until they have replayed what the primary had written when the wait began.
    type: bool
    default: false
  timeout:
    description: Seconds to wait before failing with the figures.
    type: int
    default: 60
  interval:
    description: Seconds between two looks while waiting.
    type: float
    default: 1.0
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - plannerate.infra.postgres
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: Nothing is ever changed.
notes:
  - A role other than a superuser needs C(pg_monitor), else PostgreSQL hides the figures.
  - The clocks of the machines are compared, so keep them synchronised.
seealso:
  - module: plannerate.infra.postgres_cluster_info
  - module: plannerate.infra.postgres_replication_slots
"""

EXAMPLES = r"""
- name: Report
  plannerate.infra.postgres_replication_lag:
    expected:
      - name: pg-replica1
        unix_socket: /var/run/postgresql
        port: 5433
  become: true
  become_user: postgres
  register: lag

- name: Fail unless both standbys confirm commits and are at most 16 MB and 10 s behind
  plannerate.infra.postgres_replication_lag:
    expected:
      - name: pg-replica1
      - name: pg-replica2
    max_bytes: 16777216
    max_seconds: 10
    require_sync: true
  become: true
  become_user: postgres

- name: Wait until a rebuilt standby has caught up
  plannerate.infra.postgres_replication_lag:
    expected:
      - name: pg-replica1
    wait: true
    timeout: 600
  become: true
  become_user: postgres
"""

RETURN = r"""
lsn:
  description: The primary's write position with which the standbys were compared.
  returned: when the primary answered
  type: str
  sample: 0/5000148
standbys:
  description: Figures of each expected and each connected standby by its name.
  returned: when the primary answered
  type: dict
  contains:
    expected:
      description: Whether it is in O(expected).
      type: bool
    state:
      description:
        - V(streaming), V(catchup), V(startup), V(backup) or V(stopping). Null when it is not connected.
        - V(hidden) when O(login_user) may not see it.
      type: str
    sync_state:
      description: V(async), V(potential), V(sync) or V(quorum).
      type: str
    client_addr:
      description: Address from which it is connected. Null over a Unix socket.
      type: str
    sent_bytes:
      description: Bytes of WAL that are still to be sent to it.
      type: int
    write_bytes:
      description: Bytes of WAL that it has still to write.
      type: int
    flush_bytes:
      description: Bytes of WAL that it has still to flush to disk.
      type: int
    replay_bytes:
      description: Bytes of WAL that it has still to replay.
      type: int
    replay_lsn:
      description: Position up to which it has replayed.
      type: str
    replay_paused:
      description: Whether replay is paused. Null when it was not asked.
      type: bool
    seconds:
      description:
        - Seconds that it is behind. 0 only when it has replayed all that the primary had written.
        - Told by the standby, it is the age of the newest commit that is visible there.
      type: float
    seconds_from:
      description: Who reported RV(standbys.seconds), V(standby) or V(primary).
      type: str
    detail:
      description: Why it could not be asked.
      type: str
missing:
  description: Names of the expected standbys that are not connected.
  returned: when the primary answered
  type: list
  elements: str
waited:
  description: Seconds spent waiting.
  returned: when the primary answered
  type: float
"""

import time
from collections.abc import Mapping
from typing import Any, TypedDict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.session import (
    SSL_MODES,
    Session,
    SessionError,
    login_argument_spec,
    require_psycopg2,
)
from ansible_collections.plannerate.infra.plugins.module_utils._replication.lag import (
    Lag,
    StandbyAnswer,
    evaluate,
    missing,
    problems,
    unsettled,
)

IDENTITY = """SELECT pg_is_in_recovery() AS in_recovery,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier"""

LSN = "SELECT pg_current_wal_lsn()::text AS lsn"

ROWS = """SELECT application_name AS name, state, sync_state, host(client_addr) AS client_addr, sent_lsn::text, write_lsn::text,
    flush_lsn::text, replay_lsn::text, extract(epoch FROM replay_lag)::float8 AS replay_seconds FROM pg_stat_replication"""

STANDBY = """SELECT pg_last_wal_replay_lsn()::text AS replay_lsn, pg_is_wal_replay_paused() AS replay_paused,
    extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS since_replayed"""

# Seconds to wait before what is in transit is measured again.
PAUSES = (0.1, 0.4)


class Identity(TypedDict):
    in_recovery: bool
    system_identifier: str


class ExpectedStandby(TypedDict):
    """One entry of O(expected)."""

    name: str
    host: str | None
    unix_socket: str | None
    port: int | None
    ssl_mode: str | None
    ca_cert: str | None


class Cluster:
    """A primary and those of its standbys that can be asked themselves."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.expected: list[ExpectedStandby] = params["expected"]
        self.standbys: dict[str, Session] = {}
        self.primary = Session(params)
        self.identity: Identity = self.primary.row(IDENTITY)

    def lsn(self) -> str:
        return str(self.primary.row(LSN)["lsn"])

    def measure(self) -> tuple[str, dict[str, Lag]]:
        """(the primary's position, lag by name), measured again while that tells more."""
        lsn, lags = self._measure_once(None)
        for pause in PAUSES:
            if not unsettled(lags):
                break
            time.sleep(pause)
            lsn, lags = self._measure_once(lags)
        return lsn, lags

    def _measure_once(self, earlier: Mapping[str, Lag] | None) -> tuple[str, dict[str, Lag]]:
        # In this order: what a standby has when it is asked includes what the primary had before.
        lsn = self.lsn()
        rows = self.primary.rows(ROWS)
        answers = {
            standby["name"]: self._ask(standby)
            for standby in self.expected
            if standby["host"] or standby["unix_socket"]
        }
        return lsn, evaluate([standby["name"] for standby in self.expected], lsn, rows, answers, earlier)

    def _ask(self, standby: ExpectedStandby) -> StandbyAnswer:
        name = standby["name"]
        try:
            if name not in self.standbys:
                self.standbys[name] = self._connect(standby)
            answer: StandbyAnswer = self.standbys[name].row(STANDBY)
            return answer
        except SessionError as error:
            session = self.standbys.pop(name, None)
            if session:
                session.close()
            return {"error": f"cannot be asked: {error}"}

    def _connect(self, standby: ExpectedStandby) -> Session:
        overrides = {
            "login_host": standby["host"] or "",
            "login_unix_socket": standby["unix_socket"] or "",
            "login_port": standby["port"] or self.params["login_port"],
            "ssl_mode": standby["ssl_mode"] or self.params["ssl_mode"],
            "ca_cert": standby["ca_cert"] or self.params["ca_cert"],
        }
        session = Session({**self.params, **overrides})
        identity: Identity = session.row(IDENTITY)
        if identity != {**self.identity, "in_recovery": True}:
            session.close()
            raise SessionError(
                f"port {overrides['login_port']} answers as "
                f"{'a standby' if identity['in_recovery'] else 'a primary'} of cluster {identity['system_identifier']}, "
                f"expected a standby of {self.identity['system_identifier']}"
            )
        return session


def run(module: AnsibleModule, cluster: Cluster) -> None:
    params = module.params
    if cluster.identity["in_recovery"]:
        module.fail_json(
            msg=f"the server on port {params['login_port']} is a standby, expected the primary: run this on the primary"
        )
    limited = params["max_bytes"] is not None or params["max_seconds"] is not None
    target = cluster.lsn() if params["wait"] and not limited else None
    begin = time.monotonic()
    while True:
        lsn, lags = cluster.measure()
        reasons = problems(
            lags,
            max_bytes=params["max_bytes"],
            max_seconds=params["max_seconds"],
            require_sync=params["require_sync"],
            target=target,
            require_streaming=limited or params["wait"],
        )
        waited = round(time.monotonic() - begin, 1)
        left = params["timeout"] - waited
        if not (params["wait"] and reasons) or left <= 0:
            break
        time.sleep(min(params["interval"], left))
    result: dict[str, Any] = {
        "changed": False,
        "lsn": lsn,
        "standbys": lags,
        "missing": missing(lags),
        "waited": waited,
    }
    if reasons:
        after = f"after {waited} s, limit {params['timeout']} s: " if params["wait"] else ""
        module.fail_json(msg=after + ". ".join(reasons), **result)
    module.exit_json(**result)


def main() -> None:
    spec = login_argument_spec()
    spec.update(
        expected={
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "host": {"type": "str"},
                "unix_socket": {"type": "str"},
                "port": {"type": "int"},
                "ssl_mode": {"type": "str", "choices": [*SSL_MODES]},
                "ca_cert": {"type": "path"},
            },
        },
        max_bytes={"type": "int"},
        max_seconds={"type": "float"},
        require_sync={"type": "bool", "default": False},
        wait={"type": "bool", "default": False},
        timeout={"type": "int", "default": 60},
        interval={"type": "float", "default": 1.0},
    )
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    require_psycopg2(module)
    try:
        run(module, Cluster(module.params))
    except SessionError as error:
        module.fail_json(msg=f"cannot ask the primary on port {module.params['login_port']}: {error}")


if __name__ == "__main__":
    main()
