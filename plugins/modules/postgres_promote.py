#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_promote
short_description: Makes another PostgreSQL member the primary, or restarts one, with poolers and standbys following
version_added: 0.1.0
description:
  - V(mode=switchover) moves the role while everything runs. PgBouncer is paused, the old primary stops, the target receives
    the rest and is promoted, PgBouncer is pointed to it and resumed; the old primary comes back as a standby. No client of a
    transaction pool fails. If a step before the promotion does not end in its time, everything is put back as it was.
  - V(mode=failover) is for a primary that is gone. Every standby is detached first, so that nobody confirms another commit, and asked
    what it has. The old primary is fenced where its machine can be reached, the standby with the most WAL is promoted, the others
    follow it and PgBouncer is pointed to it. If that would lose more than O(accept_data_loss) allows, the standbys are attached again.
  - V(mode=restart) restarts one member where it is, for settings that a reload cannot apply. If it does not start with them, it runs with
    the values of before again, which are in C(conf.d/55-before-restart.conf) from then on, and the module fails with what the server
    said. Of a primary, clients of transaction pools wait meanwhile.
  - Replication slots for all others exist on the new primary before it becomes one.
  - Where members and poolers share a machine, the whole of it runs there as one module. Otherwise the action plugin runs the
    same steps over connections to all machines that stay open.
  - What an interrupted run left is finished by the next one. A timer of systemd (C(pgbouncer-resume.timer)) resumes PgBouncer
    even if whoever paused it is gone.
  - Runs as root.
options:
  mode:
    description: V(switchover) while the primary runs, V(failover) when it is gone, V(restart) for one member.
    type: str
    choices: [switchover, failover, restart]
    required: true
  members:
    description: All members of the cluster, as the filter P(plannerate.infra.postgres_members#filter) gives them.
    type: list
    elements: dict
    required: true
  answers:
    description:
      - What each member is, by its name, as M(plannerate.infra.postgres_cluster_info) answered.
      - A member whose machine cannot be reached is missing.
    type: dict
    required: true
  target:
    description:
      - The member that becomes the primary, or that is restarted. V(mode=failover) chooses the one with the most WAL.
    type: str
    default: ""
  because:
    description: Why a member is restarted although no setting of it waits for that, such as new programs. For V(mode=restart).
    type: str
    default: ""
  dead:
    description:
      - The member that is taken for dead although nobody can ask it. For V(mode=failover).
      - Only the primary that the standbys followed may be named.
    type: str
    default: ""
  powered_off:
    description: The same of a member whose machine is powered off, or cannot stop it since its disk hangs; it is not fenced.
    type: str
    default: ""
  synchronous:
    description:
      - C(synchronous_standby_names) of each member, by its name, as the inventory has it. It tells who confirmed the commits of a primary
        whose own files cannot be read.
    type: dict
    default: {}
  accept_data_loss:
    description: Whether to fail over although acknowledged commits may be lost.
    type: bool
    default: false
  break_sessions:
    description: Whether to switch over although clients of session pools lose their sessions.
    type: bool
    default: false
  standby_files:
    description: Content of the file with the connection to the primary, by the name of the primary and then of the standby.
    type: dict
    required: true
  poolers:
    description: The PgBouncers whose pools lead to the primary.
    type: list
    elements: dict
    default: []
    suboptions:
      machine:
        description: Inventory name of its machine.
        type: str
        required: true
      port:
        description: Its port, which names its Unix socket too.
        type: int
        required: true
      directory:
        description: Directory of its configuration, with C(environments/*.ini).
        type: path
        required: true
      stamp:
        description: File that is touched when the configuration was loaded.
        type: path
        required: true
  max_lag_bytes:
    description: How far the target of a switchover may be behind before it begins, in bytes.
    type: int
    default: 16777216
  pause_timeout:
    description: How long open transactions may take to end, in seconds.
    type: int
    default: 5
  stop_timeout:
    description: How long the old primary may take to stop, and the target to receive the rest, in seconds each.
    type: int
    default: 10
  checkpoint_timeout:
    description: How long the checkpoints before a switchover may take, in seconds. Nobody waits for them.
    type: int
    default: 300
  survey_timeout:
    description: How long a failover waits until each detached standby knows where its WAL ends, in seconds.
    type: int
    default: 60
  promote_timeout:
    description: How long a failover waits for the promotion, which replays first what was received, in seconds.
    type: int
    default: 300
  write_timeout:
    description: How long the first write may wait for the standbys, in seconds.
    type: int
    default: 10
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Returns the plan, and fails where the plan would be refused.
  diff_mode:
    support: none
    details: The plan says what changes.
  platform:
    platforms: debian
author:
  - The Plannerate infrastructure team (@plannerate)
seealso:
  - module: plannerate.infra.postgres_cluster_info
  - module: plannerate.infra.postgres_replication_slots
"""

EXAMPLES = r"""
- name: Make pg-replica1 the primary
  plannerate.infra.postgres_promote:
    mode: switchover
    target: pg-replica1
    members: "{{ members }}"
    answers: "{{ discovered.members }}"
    standby_files: "{{ standby_files }}"
    poolers:
      - machine: db01
        port: 6432
        directory: /etc/pgbouncer
        stamp: /run/pgbouncer/loaded
  delegate_to: db01
"""

RETURN = r"""
plan:
  description: What it does or would do, who is affected and what is at risk.
  returned: success
  type: list
  elements: str
steps:
  description: What was done, each with V(step) and V(seconds).
  returned: when not in check mode
  type: list
  elements: dict
  sample: [{"step": "pause", "seconds": 0.04}]
seconds:
  description:
    - With V(mode=switchover) and V(mode=restart), how long PgBouncer was paused. Null where it was not.
    - With V(mode=failover), from the module's start to the first commit that was confirmed as the synchronous mode asks. Null where
      none was in time.
  returned: when not in check mode
  type: float
  sample: 0.48
primary:
  description: The primary now.
  returned: when not in check mode
  type: str
  sample: pg-replica1
notes:
  description: What is left to do, or was done on the way.
  returned: when not in check mode
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._promotion.machine import LocalMachine
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.options import argument_spec, machines_of
from ansible_collections.plannerate.infra.plugins.module_utils._promotion.run import carry_out


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    machines = {name: LocalMachine(name) for name in machines_of(module.params)}
    result = carry_out(module.params, machines, module.check_mode)
    if result.get("failed"):
        module.fail_json(**{key: value for key, value in result.items() if key != "failed"})
    module.exit_json(**result)


if __name__ == "__main__":
    main()
