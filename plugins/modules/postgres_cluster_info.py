#!/usr/bin/python
# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_cluster_info
short_description: What the PostgreSQL members of a machine are
version_added: 0.1.0
description:
  - Tells for each PostgreSQL instance of a machine whether it has data, runs, is a primary or a standby, on which timeline
    and how far. It is the discovery step in front of everything that touches PostgreSQL.
  - Runs as root, before anything is installed. Asks the running servers with C(psql), as the owner of the data directory,
    and reads C(pg_controldata) of all; it needs no Python library.
  - Reads only. Nothing is written and nothing is started, so it also runs in check mode.
options:
  members:
    description: The members to ask, all of them on this machine.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The member's name, under which its answer is returned.
        type: str
        required: true
      version:
        description: Its major release.
        type: int
        required: true
      cluster:
        description: Its name in Debian's terms, as C(pg_lsclusters) shows it.
        type: str
      port:
        description: Its port. A running server is asked on the port that it has, even if that is another one.
        type: int
        required: true
      data_directory:
        description: Its data directory.
        type: path
        required: true
      config_directory:
        description:
          - Directory of its C(postgresql.conf).
          - V(/etc/postgresql/VERSION/CLUSTER) when not given.
        type: path
      socket_directory:
        description: Directory of its Unix socket, where the server does not tell another one.
        type: path
        default: /var/run/postgresql
  timeout:
    description: Seconds that one member may take to answer.
    type: int
    default: 10
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: Nothing is ever changed.
  platform:
    platforms: debian
author:
  - The Plannerate infrastructure team (@plannerate)
seealso:
  - module: plannerate.infra.postgres_replication_lag
  - module: plannerate.infra.postgres_replication_slots
"""

EXAMPLES = r"""
- name: Ask the members of this machine what they are
  plannerate.infra.postgres_cluster_info:
    members:
      - name: pg-main
        version: 15
        cluster: pg_main
        port: 5432
        data_directory: /var/lib/postgresql/15/pg_main
      - name: pg-replica1
        version: 15
        cluster: pg_replica1
        port: 5433
        data_directory: /var/lib/postgresql/15/pg_replica1
  register: discovered

- name: Show who takes writes
  ansible.builtin.debug:
    msg: "{{ discovered.members | dict2items | selectattr('value.role', 'eq', 'primary') | map(attribute='key') }}"
"""

RETURN = r"""
machine:
  description: What the members share.
  returned: success
  type: dict
  contains:
    distribution:
      description: C(ID) and C(VERSION_ID) of the machine's os-release.
      type: str
      sample: debian 12
    codename:
      description: Code name of the distribution's release.
      type: str
      sample: bookworm
    memory_mb:
      description: Memory, in MiB.
      type: int
    cpus:
      description: Processors that are online.
      type: int
    programs:
      description: Major releases whose server is installed.
      type: list
      elements: int
    psycopg2:
      description: Whether the Python library is there that the modules which change something need.
      type: bool
    pgbouncer:
      description: Whether PgBouncer is installed.
      type: bool
    clusters:
      description: Version, name, port and data directory of each cluster below C(/etc/postgresql), whoever made it.
      type: list
      elements: dict
    locks:
      description: A sentence for each lock that M(plannerate.infra.run_lock) has taken for a run.
      type: list
      elements: str
members:
  description: The answer of each member by its name. Every key is always there, and null where nothing is known.
  returned: success
  type: dict
  contains:
    state:
      description:
        - V(no_data), the data directory is missing or empty, or cannot be made where it is to be, as RV(members.detail) says.
        - V(incomplete), it is being filled (C(DATA_DIRECTORY.incoming) is there), or it holds files but is no data directory;
          RV(members.data_present) tells one from the other.
        - V(stopped), there is data and no server.
        - V(running), a server answered.
        - V(unresponsive), a server is alive but did not answer.
      type: str
    detail:
      description: What else is to be said of the state, such as the server's error message.
      type: str
    data_present:
      description: Whether the data directory has any file.
      type: bool
    config_present:
      description: Whether there is a C(postgresql.conf).
      type: bool
    managed:
      description: Whether this collection wrote its C(postgresql.conf). Null when there is none.
      type: bool
    service_active:
      description: Whether the running server of a member that is not RV(members.managed) belongs to its unit of systemd.
      type: bool
    adopted_at:
      description: When the member was adopted, in seconds since 1970. Null when it was not, or when that was tidied up.
      type: float
    restarted_since_adoption:
      description: Whether the running server of an adopted member was started after that. Null of any other.
      type: bool
    adopted_rules:
      description:
        - Lines of C(pg_hba.conf) from before the adoption that stay in force.
        - Of a running member that is not RV(members.managed), those that are in force.
      type: list
      elements: str
    adopted_settings:
      description: Names of the settings from before the adoption that stay in force.
      type: list
      elements: str
    marker:
      description:
        - Content of the file C(system_identifier) in the configuration directory.
        - A member without data that has one was initialised before. An unmounted disk looks like that.
      type: str
    disk_mb:
      description: Size of the filesystem that the data directory is, or would be, on, in MiB.
      type: int
    role:
      description: V(primary) or V(standby). Of a stopped member, what it would start as.
      type: str
    version:
      description: Major release of the data directory.
      type: int
    server_version_num:
      description: Release of the running server as a number.
      type: int
    system_identifier:
      description: The cluster's identifier, the same for a primary and all of its standbys.
      type: str
    timeline:
      description: Timeline, counted up by each promotion.
      type: int
    lsn:
      description: Write position of a running primary; the latest checkpoint of a stopped member.
      type: str
    receive_lsn:
      description: What a running standby has received.
      type: str
    replay_lsn:
      description: What a running standby has replayed; of a stopped one, what it had to replay to be consistent.
      type: str
    replay_paused:
      description: Whether replay of a running standby is paused.
      type: bool
    replay_at_end:
      description: Whether a running standby has replayed all complete records that it holds.
      type: bool
    history:
      description:
        - The timelines from which the member's own one comes, the oldest first, each as C(timeline) and C(lsn), where it was left.
        - Null where it is not known.
      type: list
      elements: dict
    data_checksums:
      description: Whether pages have checksums.
      type: bool
    wal_log_hints:
      description: Whether hint bits are logged, as C(pg_rewind) needs where there are no checksums.
      type: bool
    upstream:
      description: Host, port, application name and slot of C(primary_conninfo), never its password.
      type: dict
    detached_from:
      description: Name of the member that this one followed until a failover detached it; null when it is not detached.
      type: str
    wal_receiver:
      description: Status, sender's host and sender's port while the standby has a connection to its primary.
      type: dict
    auto_conf:
      description: Names of the settings in C(postgresql.auto.conf), which override all other files.
      type: list
      elements: str
    pending_restart:
      description: Settings whose new value waits for a restart, reloaded or not.
      type: list
      elements: str
    configuration_current:
      description: Whether the server has loaded its configuration, access rules and certificates since they last changed.
      type: bool
    configuration_errors:
      description: Errors in the configuration files, each with its place.
      type: list
      elements: str
    settings:
      description:
        - Running values of V(max_connections), V(max_worker_processes), V(max_wal_senders), V(max_prepared_transactions),
          V(max_locks_per_transaction), V(max_replication_slots), V(port), V(ssl) and V(synchronous_standby_names).
        - All null when the member does not run.
      type: dict
    control_settings:
      description: The first five of RV(members.settings) in the control file; on a standby, its primary's.
      type: dict
    roles:
      description: Names of the roles, without PostgreSQL's own.
      type: list
      elements: str
    md5_roles:
      description: Names of the roles that may log in and whose password is kept as MD5.
      type: list
      elements: str
    role_connections:
      description: By the name of each role that may log in C(limit), its connection limit, -1 without one, and C(sessions) that it has.
      type: dict
    databases:
      description: Names of the databases, without templates.
      type: list
      elements: str
    locales:
      description: Encoding and collation of each database.
      type: dict
    clients:
      description: Addresses from which clients and standbys are connected.
      type: list
      elements: str
    started_at:
      description: When the server was started, in seconds since 1970.
      type: float
    file_settings:
      description:
        - Settings in the configuration files of a running member that is not RV(members.managed), by name.
        - Neither what C(postgresql.auto.conf) says nor C(primary_conninfo), which may hold a password.
      type: dict
    restart_settings:
      description:
        - Settings that only a restart changes, by name. C(shown) is the running value, C(unit) that of a number without one.
      type: dict
    archive_is_ours:
      description:
        - Whether a running member archives its WAL for physical backups, or the role's settings have turned that off.
        - V(false) where another file turns C(archive_mode) on.
      type: bool
    slots:
      description: Replication slots with V(name), V(type), V(active), V(wal_status) and V(restart_lsn).
      type: list
      elements: dict
    synchronous_settings:
      description:
        - Each C(synchronous_standby_names) and C(synchronous_commit) that is in force somewhere, as C(name), C(value) and C(source).
        - Of a running member, its running values, those of its files, and those of roles and databases. Of any other, those of its files.
      type: list
      elements: dict
    synchronous:
      description: Connected standbys with V(application_name), V(state), V(sync_state) and V(client_addr).
      type: list
      elements: dict
    port:
      description: Port of the running server, else the one that was asked for.
      type: int
  sample:
    pg-main:
      state: running
      role: primary
      timeline: 1
      lsn: 0/5000148
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.host import host_facts
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.reader import InstanceReader


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "members": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "version": {"type": "int", "required": True},
                    "cluster": {"type": "str"},
                    "port": {"type": "int", "required": True},
                    "data_directory": {"type": "path", "required": True},
                    "config_directory": {"type": "path"},
                    "socket_directory": {"type": "path", "default": "/var/run/postgresql"},
                },
                "required_one_of": [("cluster", "config_directory")],
            },
            "timeout": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    members, timeout = module.params["members"], module.params["timeout"]
    names = [member["name"] for member in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        module.fail_json(msg=f"members names {', '.join(twice)} more than once, expected each name once")
    for member in members:
        if not os.path.isabs(member["data_directory"]):
            module.fail_json(
                msg=f"{member['name']}: data_directory is {member['data_directory']}, expected an absolute path"
            )
    try:
        instances = {member["name"]: InstanceReader(module, member, timeout).read() for member in members}
    except PermissionError as error:
        module.fail_json(msg=f"{error.filename} may not be read by user id {os.geteuid()}: run this as root (become)")
    module.exit_json(changed=False, machine=host_facts(), members=instances)


if __name__ == "__main__":
    main()
