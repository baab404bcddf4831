# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one PostgreSQL instance, put together from its files, its control file and its server. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._cluster.restarts import RunningSetting
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.config_directory import ConfigDirectory
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.data_directory import DataDirectory
from ansible_collections.plannerate.infra.plugins.module_utils._discovery.queries import (
    ConnectedStandby,
    RoleConnections,
    ServerAnswer,
    ServerSettings,
    SlotState,
    WalReceiver,
)
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import SynchronousSetting
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import (
    CONTROL_SETTINGS,
    ControlData,
    ControlSettings,
    Fork,
    Upstream,
    upstream,
)

CLEAN_STATES = ("shut down", "shut down in recovery")

InstanceState = Literal["no_data", "incomplete", "stopped", "running", "unresponsive", "unreachable"]
Role = Literal["primary", "standby"]


class Instance(TypedDict):
    """What M(plannerate.infra.postgres_cluster_info) answers about a member, None where unknown. Its documentation has each key."""

    state: InstanceState
    detail: str | None
    data_present: bool | None
    config_present: bool | None
    managed: bool | None
    service_active: bool | None
    adopted_at: float | None
    adopted_rules: list[str] | None
    adopted_settings: list[str] | None
    marker: str | None
    disk_mb: int | None
    restarted_since_adoption: bool | None
    role: Role | None
    version: int | None
    server_version_num: int | None
    system_identifier: str | None
    timeline: int | None
    lsn: str | None
    receive_lsn: str | None
    replay_lsn: str | None
    replay_paused: bool | None
    replay_at_end: bool | None
    history: list[Fork] | None
    data_checksums: bool | None
    wal_log_hints: bool | None
    upstream: Upstream | None
    detached_from: str | None
    wal_receiver: WalReceiver | None
    auto_conf: list[str] | None
    pending_restart: list[str] | None
    configuration_current: bool | None
    configuration_errors: list[str] | None
    settings: ServerSettings
    control_settings: ControlSettings
    roles: list[str] | None
    md5_roles: list[str] | None
    role_connections: dict[str, RoleConnections] | None
    databases: list[str] | None
    locales: dict[str, str] | None
    slots: list[SlotState] | None
    synchronous_settings: list[SynchronousSetting] | None
    synchronous: list[ConnectedStandby] | None
    clients: list[str] | None
    started_at: float | None
    file_settings: dict[str, str] | None
    restart_settings: dict[str, RunningSetting] | None
    archive_is_ours: bool | None
    port: int | None


def unknown_instance(state: InstanceState, detail: str | None) -> Instance:
    """An instance of which nothing else is known."""
    return {
        "state": state,
        "detail": detail,
        "data_present": None,
        "config_present": None,
        "managed": None,
        "service_active": None,
        "adopted_at": None,
        "adopted_rules": None,
        "adopted_settings": None,
        "marker": None,
        "disk_mb": None,
        "restarted_since_adoption": None,
        "role": None,
        "version": None,
        "server_version_num": None,
        "system_identifier": None,
        "timeline": None,
        "lsn": None,
        "receive_lsn": None,
        "replay_lsn": None,
        "replay_paused": None,
        "replay_at_end": None,
        "history": None,
        "data_checksums": None,
        "wal_log_hints": None,
        "upstream": None,
        "detached_from": None,
        "wal_receiver": None,
        "auto_conf": None,
        "pending_restart": None,
        "configuration_current": None,
        "configuration_errors": None,
        "settings": {
            "max_connections": None,
            "max_worker_processes": None,
            "max_wal_senders": None,
            "max_prepared_transactions": None,
            "max_locks_per_transaction": None,
            "max_replication_slots": None,
            "port": None,
            "ssl": None,
            "synchronous_standby_names": None,
        },
        "control_settings": dict.fromkeys(CONTROL_SETTINGS),
        "roles": None,
        "md5_roles": None,
        "role_connections": None,
        "databases": None,
        "locales": None,
        "slots": None,
        "synchronous_settings": None,
        "synchronous": None,
        "clients": None,
        "started_at": None,
        "file_settings": None,
        "restart_settings": None,
        "archive_is_ours": None,
        "port": None,
    }


def describe_instance(
    port: int,
    disk_mb: int,
    config: ConfigDirectory,
    data: DataDirectory,
    control: ControlData | None = None,
    server: ServerAnswer | None = None,
    service_active: bool | None = None,
    errors: Iterable[str] = (),
    newest_file: float | None = None,
    history: list[Fork] | None = None,
    synchronous_settings: list[SynchronousSetting] | None = None,
) -> Instance:
    """Everything known about one instance, every key present.

    :arg port: where the inventory says that it listens.
    :arg disk_mb: size of the filesystem of its data directory.
    :arg server: what the running server answered to :func:`queries.statements`, or None.
    :arg service_active: whether the server belongs to its unit.
    :arg errors: what went wrong while asking.
    :arg newest_file: modification time of the newest configuration file.
    :arg history: of its timeline.
    :arg synchronous_settings: what the files say, for a server that cannot be asked.
    """
    instance = unknown_instance(_state(data, server), _joined(data["detail"], *errors))
    instance.update(
        {
            **config,
            "service_active": service_active,
            "disk_mb": disk_mb,
            "history": history,
            "synchronous_settings": synchronous_settings,
            "data_present": data["data_present"],
            "version": data["version"],
            "auto_conf": data["auto_conf"],
            "port": (data["postmaster"] and data["postmaster"]["port"]) or port,
        }
    )
    if instance["state"] == "stopped":
        instance["role"] = "standby" if data["standby"] else "primary"
    if control:
        _add_control_file(instance, control)
    if server:
        _add_server(instance, server, newest_file)
    if instance["role"] == "primary":
        # The file that detached it is still there where a failover promoted it afterwards.
        instance["detached_from"] = None
    return instance


def _state(data: DataDirectory, server: ServerAnswer | None) -> InstanceState:
    if data["state"] != "complete":
        return data["state"]
    if server:
        return "running"
    return "unresponsive" if data["postmaster"] else "stopped"


def _add_control_file(instance: Instance, control: ControlData) -> None:
    instance.update(
        {
            "system_identifier": control["system_identifier"],
            "timeline": control["timeline"],
            "data_checksums": control["data_checksums"],
            "wal_log_hints": control["wal_log_hints"],
            "control_settings": control["settings"],
        }
    )
    if instance["state"] != "stopped":
        return
    instance["lsn"] = control["lsn"]
    if instance["role"] == "standby":
        instance["replay_lsn"] = control["recovery_end_lsn"]
    if control["cluster_state"] and control["cluster_state"] not in CLEAN_STATES:
        unclean = f"was not shut down cleanly (its control file says {control['cluster_state']})"
        instance["detail"] = _joined(instance["detail"], unclean)


def _add_server(instance: Instance, server: ServerAnswer, newest_file: float | None) -> None:
    instance.update(
        {
            "role": "standby" if server["in_recovery"] else "primary",
            "server_version_num": server["server_version_num"],
            "system_identifier": server["system_identifier"],
            "timeline": server["timeline"],
            "lsn": server["lsn"],
            "receive_lsn": server["receive_lsn"],
            "replay_lsn": server["replay_lsn"],
            "replay_paused": server["replay_paused"],
            "replay_at_end": server["replay_at_end"],
            "data_checksums": server["data_checksums"],
            "wal_log_hints": server["wal_log_hints"],
            "upstream": upstream(server["primary_conninfo"], server["primary_slot_name"]),
            "detached_from": server["detached_from"],
            "wal_receiver": server["wal_receiver"],
            "pending_restart": server["pending_restart"] or [],
            "configuration_current": newest_file is None or newest_file <= server["load_time"],
            "configuration_errors": server["configuration_errors"] or [],
            "settings": server["settings"],
            "roles": server["roles"] or [],
            "md5_roles": server["md5_roles"] or [],
            "role_connections": server["role_connections"] or {},
            "databases": server["databases"] or [],
            "locales": server["locales"],
            "slots": server["slots"] or [],
            "synchronous_settings": server["synchronous_settings"],
            "synchronous": server["synchronous"] or [],
            "clients": server["clients"] or [],
            "started_at": server["started_at"],
            "file_settings": server.get("file_settings"),
            "restart_settings": server["restart_settings"],
            "archive_is_ours": server["archive_is_ours"],
        }
    )
    if instance["adopted_at"] is not None:
        instance["restarted_since_adoption"] = instance["adopted_at"] < server["started_at"]


def _joined(*parts: str | None) -> str | None:
    return "; ".join(part for part in parts if part) or None
