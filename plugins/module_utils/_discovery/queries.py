# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements that ask a running PostgreSQL 13 to 18 what it is, as one JSON object. Pure."""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import RunningSetting
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import SynchronousSetting
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import CONTROL_SETTINGS
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.settings import COMMAND

# A reload would flag what only a restart applies; reading the files flags it in this session too, so that
# pending_restart below is complete even before that reload.
READ_FILES = "SELECT count(*) FROM pg_file_settings"

_FILES = ("hba_file", "ident_file", "ssl_cert_file", "ssl_key_file", "ssl_ca_file", "ssl_crl_file")

# The control file names the old timeline until the first checkpoint after a promotion: on a primary, and on a standby, which
# without a primary has no receiver to ask either. The segments that it received are named after theirs.
TIMELINE = """CASE WHEN pg_is_in_recovery() THEN (
    SELECT greatest(c.timeline_id, r.min_recovery_end_timeline, w.received_tli,
      (SELECT max(('x' || left(name, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'))
    FROM pg_control_checkpoint() c CROSS JOIN pg_control_recovery() r LEFT JOIN pg_stat_wal_receiver w ON true)
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END"""

# The role's files of settings. What it wrote into them is told from what an adoption kept, and from what somebody else wrote.
_OWN_FILES = "/conf[.]d/(50-settings|55-before-restart)[.]conf$"
# A primary that was to hand its role over, and did not, has loaded the file that turns it off, which has no command.
_ARCHIVE_IS_OURS = f"""(starts_with(current_setting('archive_command'), '{COMMAND}') OR EXISTS (
    SELECT FROM pg_file_settings WHERE lower(name) = 'archive_mode' AND setting = 'off' AND sourcefile ~ '{_OWN_FILES}'))
  AND coalesce((SELECT lower(setting) IN ('off', 'false', 'no', '0') FROM pg_file_settings
    WHERE lower(name) = 'archive_mode' AND sourcefile !~ '{_OWN_FILES}' ORDER BY seqno DESC LIMIT 1), true)"""

_FACTS = {
    "in_recovery": "pg_is_in_recovery()",
    "server_version_num": "current_setting('server_version_num')::int",
    "system_identifier": "(SELECT system_identifier::text FROM pg_control_system())",
    "timeline": TIMELINE,
    "lsn": "CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END",
    "receive_lsn": "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()::text END",
    "replay_lsn": "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END",
    "replay_paused": "CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END",
    "replay_at_end": """(SELECT wait_event IN ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream') FROM pg_stat_activity
    WHERE backend_type = 'startup')""",
    "data_checksums": "current_setting('data_checksums')::bool",
    "wal_log_hints": "current_setting('wal_log_hints')::bool",
    "primary_conninfo": "current_setting('primary_conninfo')",
    "primary_slot_name": "current_setting('primary_slot_name')",
    "detached_from": "nullif(current_setting('plannerate.detached_from', true), '')",
    "wal_receiver": """(SELECT jsonb_build_object('status', status, 'sender_host', sender_host, 'sender_port', sender_port)
    FROM pg_stat_wal_receiver)""",
    "data_directory": "current_setting('data_directory')",
    "load_time": "extract(epoch FROM pg_conf_load_time())",
    "pending_restart": "(SELECT jsonb_agg(name ORDER BY name) FROM pg_settings WHERE pending_restart)",
    "restart_settings": """(SELECT jsonb_object_agg(name, jsonb_build_object('shown', current_setting(name), 'unit', unit))
    FROM pg_settings WHERE context = 'postmaster')""",
    "archive_is_ours": _ARCHIVE_IS_OURS,
    "started_at": "extract(epoch FROM pg_postmaster_start_time())",
    "hba_file": "current_setting('hba_file')",
    "clients": """(SELECT jsonb_agg(DISTINCT host(client_addr)) FROM pg_stat_activity
    WHERE client_addr IS NOT NULL AND backend_type IN ('client backend', 'walsender'))""",
    "md5_roles": """(SELECT jsonb_agg(rolname ORDER BY rolname) FROM pg_authid
    WHERE rolcanlogin AND rolpassword LIKE 'md5%')""",
    "locales": """(SELECT jsonb_object_agg(datname, pg_encoding_to_char(encoding) || ' ' || datcollate) FROM pg_database
    WHERE NOT datistemplate)""",
    "roles": "(SELECT jsonb_agg(rolname ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_')",
    "role_connections": """(SELECT jsonb_object_agg(rolname, jsonb_build_object('limit', rolconnlimit, 'sessions', (
      SELECT count(*) FROM pg_stat_activity WHERE usesysid = pg_roles.oid AND backend_type = 'client backend')))
    FROM pg_roles WHERE rolcanlogin)""",
    "databases": "(SELECT jsonb_agg(datname ORDER BY datname) FROM pg_database WHERE NOT datistemplate)",
    "slots": """(SELECT jsonb_agg(jsonb_build_object('name', slot_name, 'type', slot_type, 'active', active,
    'wal_status', wal_status, 'restart_lsn', restart_lsn::text) ORDER BY slot_name) FROM pg_replication_slots)""",
    "synchronous_settings": """(SELECT jsonb_agg(jsonb_build_object('name', name, 'value', value, 'source', source)) FROM (
    SELECT name, setting, 'running' FROM pg_settings WHERE name IN ('synchronous_standby_names', 'synchronous_commit')
    UNION ALL SELECT * FROM (SELECT DISTINCT ON (name) name, setting, sourcefile FROM pg_file_settings
      WHERE name IN ('synchronous_standby_names', 'synchronous_commit') ORDER BY name, seqno DESC) AS last
    UNION ALL SELECT 'synchronous_commit', split_part(setting, '=', 2),
      coalesce(nullif(concat_ws(' in ', 'role ' || rolname, 'database ' || datname), ''), 'every role')
      FROM pg_db_role_setting LEFT JOIN pg_roles r ON r.oid = setrole LEFT JOIN pg_database d ON d.oid = setdatabase,
      unnest(setconfig) AS settings(setting) WHERE setting LIKE 'synchronous_commit=%') AS seen(name, value, source))""",
    "synchronous": """(SELECT jsonb_agg(jsonb_build_object('application_name', application_name, 'state', state,
    'sync_state', sync_state, 'client_addr', host(client_addr)) ORDER BY application_name, pid)
    FROM pg_stat_replication)""",
}

# Of a member that somebody else set up: what its files say, the last line of each setting as the server takes it.
_FOREIGN_FACTS = {
    "file_settings": """(SELECT jsonb_object_agg(name, setting) FROM (
    SELECT DISTINCT ON (name) name, setting FROM pg_file_settings
    WHERE sourcefile !~ '/postgresql[.]auto[.]conf$' AND name <> 'primary_conninfo' ORDER BY name, seqno DESC) AS last)""",
}


class WalReceiver(TypedDict):
    """A standby's connection to its primary."""

    status: str
    sender_host: str | None
    sender_port: int | None


class SlotState(TypedDict):
    """A replication slot as discovery shows it."""

    name: str
    type: str
    active: bool
    wal_status: str | None
    restart_lsn: str | None


class ConnectedStandby(TypedDict):
    """A row of C(pg_stat_replication)."""

    application_name: str
    state: str | None
    sync_state: str | None
    client_addr: str | None


class RoleConnections(TypedDict):
    """What a role may have at the same time, -1 without a limit, and has."""

    limit: int
    sessions: int


class ServerSettings(TypedDict):
    """Running values of the settings that others compare."""

    max_connections: int | None
    max_worker_processes: int | None
    max_wal_senders: int | None
    max_prepared_transactions: int | None
    max_locks_per_transaction: int | None
    max_replication_slots: int | None
    port: int | None
    ssl: bool | None
    synchronous_standby_names: str | None


class ForeignFacts(TypedDict, total=False):
    """What only a server that somebody else set up is asked."""

    file_settings: dict[str, str] | None


class ServerAnswer(ForeignFacts):
    """The JSON object of the last statement. An aggregate over no rows is None."""

    in_recovery: bool
    server_version_num: int
    system_identifier: str
    timeline: int | None
    lsn: str | None
    receive_lsn: str | None
    replay_lsn: str | None
    replay_paused: bool | None
    replay_at_end: bool | None
    data_checksums: bool
    wal_log_hints: bool
    primary_conninfo: str
    primary_slot_name: str
    detached_from: str | None
    wal_receiver: WalReceiver | None
    data_directory: str
    load_time: float
    pending_restart: list[str] | None
    restart_settings: dict[str, RunningSetting] | None
    archive_is_ours: bool
    started_at: float
    hba_file: str
    clients: list[str] | None
    md5_roles: list[str] | None
    role_connections: dict[str, RoleConnections] | None
    locales: dict[str, str] | None
    roles: list[str] | None
    databases: list[str] | None
    slots: list[SlotState] | None
    synchronous_settings: list[SynchronousSetting] | None
    synchronous: list[ConnectedStandby] | None
    settings: ServerSettings
    files: list[str] | None
    configuration_errors: list[str] | None


def statements(version: int, foreign: bool = False) -> list[str]:
    """The statements for one session; the last one answers with one JSON object on one line.

    :arg foreign: whether somebody else set the server up.
    """
    facts = {
        **_FACTS,
        **(_FOREIGN_FACTS if foreign else {}),
        "settings": _settings(),
        "files": _files(version),
        "configuration_errors": _errors(version),
    }
    return [READ_FILES, "SELECT jsonb_build_object(" + ", ".join(f"'{key}', {sql}" for key, sql in facts.items()) + ")"]


def _settings() -> str:
    numbers = [
        f"'{name}', current_setting('{name}')::int" for name in (*CONTROL_SETTINGS, "max_replication_slots", "port")
    ]
    return (
        f"jsonb_build_object({', '.join(numbers)}, 'ssl', current_setting('ssl')::bool, "
        "'synchronous_standby_names', current_setting('synchronous_standby_names'))"
    )


def _files(version: int) -> str:
    sources = ["SELECT sourcefile FROM pg_file_settings"]
    sources += [f"SELECT nullif(current_setting('{name}'), '')" for name in _FILES]
    if version >= 16:
        sources.append("SELECT file_name FROM pg_hba_file_rules")
    union = " UNION ".join(sources)
    return f"(SELECT jsonb_agg(file) FROM ({union}) AS files(file) WHERE file IS NOT NULL)"


def _errors(version: int) -> str:
    hba = "file_name" if version >= 16 else "current_setting('hba_file')"
    ident = "file_name" if version >= 16 else "current_setting('ident_file')"
    # The same error, "could not be applied", stands for a change that waits for a restart and for an invalid value. One without a file is
    # that of a setting that was taken from the files, and waits too.
    sources = [
        """SELECT sourcefile, sourceline, name, error FROM pg_file_settings f
        WHERE error IS NOT NULL AND sourcefile IS NOT NULL AND NOT EXISTS (
            SELECT FROM pg_settings s WHERE s.name = f.name AND s.context = 'postmaster' AND s.pending_restart)""",
        f"SELECT {hba}, line_number, NULL, error FROM pg_hba_file_rules WHERE error IS NOT NULL",
    ]
    if version >= 15:
        sources.append(f"SELECT {ident}, line_number, NULL, error FROM pg_ident_file_mappings WHERE error IS NOT NULL")
    union = " UNION ALL ".join(sources)
    return (
        "(SELECT jsonb_agg(concat_ws(': ', concat_ws(':', file, line), what, error) ORDER BY file, line) "
        f"FROM ({union}) AS errors(file, line, what, error))"
    )
