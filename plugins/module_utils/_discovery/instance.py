# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member's answer put together from its files, its control file and its server. Pure."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import CONTROL_SETTINGS, upstream

# What comes with a member that is asked for: what its configuration directory says, and whether its unit runs.
FROM_FILES = (
    "config_present",
    "managed",
    "service_active",
    "adopted_at",
    "adopted_rules",
    "adopted_settings",
    "marker",
)
KEYS = (
    "state",
    "detail",
    "data_present",
    *FROM_FILES,
    "restarted_since_adoption",
    "role",
    "version",
    "server_version_num",
    "system_identifier",
    "timeline",
    "lsn",
    "receive_lsn",
    "replay_lsn",
    "replay_paused",
    "data_checksums",
    "wal_log_hints",
    "upstream",
    "wal_receiver",
    "auto_conf",
    "pending_restart",
    "configuration_current",
    "configuration_errors",
    "settings",
    "control_settings",
    "roles",
    "md5_roles",
    "databases",
    "locales",
    "slots",
    "synchronous",
    "clients",
    "started_at",
    "file_settings",
    "restart_settings",
    "port",
)
LISTS = (
    "pending_restart",
    "configuration_errors",
    "roles",
    "md5_roles",
    "databases",
    "slots",
    "synchronous",
    "clients",
)
AS_TOLD = (
    "server_version_num",
    "timeline",
    "lsn",
    "receive_lsn",
    "replay_lsn",
    "replay_paused",
    "wal_receiver",
    "started_at",
    "locales",
)
# Asked only of a server that somebody else set up.
FOREIGN = ("file_settings", "restart_settings")
CLEAN_STATES = ("shut down", "shut down in recovery")


def answer(member, seen, control=None, server=None, errors=(), newest_file=None):
    """Everything known about one member, every key present, None where unknown.

    :arg member: the member as it was asked for, with ``port`` and what its configuration directory says, C(FROM_FILES).
    :arg seen: what C(data_directory.look) returned.
    :arg control: what C(postgres_text.control_data) returned, or None.
    :arg server: what the running server answered, or None.
    :arg errors: what went wrong while asking.
    :arg newest_file: modification time of the newest configuration file.
    """
    result = dict.fromkeys(KEYS)
    result.update(
        state=_state(seen, server),
        detail="; ".join(part for part in (seen["detail"], *errors) if part) or None,
        data_present=seen["data_present"],
        **{key: member[key] for key in FROM_FILES},
        version=seen["version"],
        auto_conf=seen["auto_conf"],
        settings=dict.fromkeys(
            (*CONTROL_SETTINGS, "max_replication_slots", "port", "ssl", "synchronous_standby_names")
        ),
        control_settings=dict.fromkeys(CONTROL_SETTINGS),
        port=(seen["postmaster"] or {}).get("port") or member["port"],
    )
    if result["state"] == "stopped":
        result["role"] = "standby" if seen["standby"] else "primary"
    if control:
        result.update(_from_control_file(control, result))
    if server:
        result.update(_from_server(server, newest_file, result))
    return result


def _state(seen, server):
    if seen["state"] != "complete":
        return seen["state"]
    if server:
        return "running"
    return "unresponsive" if seen["postmaster"] else "stopped"


def _from_control_file(control, result):
    known = {key: control[key] for key in ("system_identifier", "timeline", "data_checksums", "wal_log_hints")}
    known["control_settings"] = control["settings"]
    if result["state"] != "stopped":
        return known
    known["lsn"] = control["lsn"]
    if result["role"] == "standby":
        known["replay_lsn"] = control["recovery_end_lsn"]
    if control["cluster_state"] and control["cluster_state"] not in CLEAN_STATES:
        unclean = f"was not shut down cleanly (its control file says {control['cluster_state']})"
        known["detail"] = "; ".join(part for part in (result["detail"], unclean) if part)
    return known


def _from_server(server, newest_file, result):
    known = {key: server[key] for key in AS_TOLD}
    known.update((key, server[key] or []) for key in LISTS)
    known.update((key, server.get(key)) for key in FOREIGN)
    known.update((key, server[key]) for key in ("system_identifier", "data_checksums", "wal_log_hints", "settings"))
    known["role"] = "standby" if server["in_recovery"] else "primary"
    known["upstream"] = upstream(server["primary_conninfo"], server["primary_slot_name"])
    if result["adopted_at"] is not None:
        known["restarted_since_adoption"] = result["adopted_at"] < server["started_at"]
    known["configuration_current"] = newest_file is None or newest_file <= server["load_time"]
    return known
