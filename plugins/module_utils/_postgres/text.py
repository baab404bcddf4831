# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PostgreSQL writes into its small files and prints, read into plain values. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Optional, TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

# The settings that a standby's control file compares with its primary's: label in pg_controldata by setting.
CONTROL_SETTINGS = {
    "max_connections": "max_connections setting",
    "max_worker_processes": "max_worker_processes setting",
    "max_wal_senders": "max_wal_senders setting",
    "max_prepared_transactions": "max_prepared_xacts setting",
    "max_locks_per_transaction": "max_locks_per_xact setting",
}

# What the control file says of those settings; None where the output has no such line.
ControlSettings = dict[str, Optional[int]]

_CONNINFO_PAIR = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\]|\\.)*))", re.DOTALL)
_SETTING_LINE = re.compile(r"\s*([A-Za-z_][\w$.]*)\s*(?:=|\s)\s*\S")


class ControlData(TypedDict):
    """What discovery needs of the control file; None where C(pg_controldata) printed no such line."""

    system_identifier: str | None
    cluster_state: str | None
    lsn: str | None
    recovery_end_lsn: str | None
    timeline: int | None
    data_checksums: bool | None
    wal_log_hints: bool | None
    settings: ControlSettings


class Upstream(TypedDict):
    """Where a standby streams from, without any secret."""

    host: str | None
    port: int | None
    application_name: str | None
    slot: str | None


class Fork(TypedDict):
    """Where a timeline was left for the next one: what it holds from ``lsn`` on is not in the next one."""

    timeline: int
    lsn: str


class Postmaster(TypedDict):
    """What postmaster.pid says of a running server."""

    pid: int
    port: int | None
    socket_directory: str | None


def control_data(text: str) -> ControlData:
    """The output of C(pg_controldata)."""
    lines = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    values = {label.strip(): value.strip() for label, value in lines}
    timelines = [values.get("Latest checkpoint's TimeLineID"), values.get("Min recovery ending loc's timeline")]
    end = values.get("Minimum recovery ending location")
    return {
        "system_identifier": values.get("Database system identifier"),
        "cluster_state": values.get("Database cluster state"),
        "lsn": values.get("Latest checkpoint location"),
        "recovery_end_lsn": None if end == "0/0" else end,
        "timeline": max((int(value) for value in timelines if value), default=None),
        "data_checksums": _flag(values.get("Data page checksum version"), lambda value: value != "0"),
        "wal_log_hints": _flag(values.get("wal_log_hints setting"), lambda value: value == "on"),
        "settings": {name: _integer(values.get(label)) for name, label in CONTROL_SETTINGS.items()},
    }


def conninfo(text: str) -> dict[str, str]:
    """A libpq connection string, in either of its forms, as a dict of keywords."""
    if text.startswith(("postgresql://", "postgres://")):
        url = urlsplit(text)
        host, _colon, port = url.netloc.rpartition("@")[2].partition(":")
        result = {"host": unquote(host), "port": port, **dict(parse_qsl(url.query))}
        return {keyword: value for keyword, value in result.items() if value}
    return {
        name: re.sub(r"\\(.)", r"\1", plain or quoted, flags=re.DOTALL)
        for name, quoted, plain in _CONNINFO_PAIR.findall(text)
    }


def upstream(primary_conninfo: str | None, primary_slot_name: str | None) -> Upstream | None:
    """Where a standby is told to stream from; None when it is told no primary."""
    if not primary_conninfo:
        return None
    keywords = conninfo(primary_conninfo)
    return {
        "host": keywords.get("host"),
        "port": _integer(keywords.get("port")),
        "application_name": keywords.get("application_name"),
        "slot": primary_slot_name or None,
    }


def timeline_history(text: str) -> list[Fork]:
    """The content of a timeline's C(.history) file: the timelines that it comes from, the oldest first."""
    lines = re.findall(r"^\s*(\d+)\s+([0-9A-Fa-f]+/[0-9A-Fa-f]+)", text, re.MULTILINE)
    return [{"timeline": int(timeline), "lsn": lsn} for timeline, lsn in lines]


def setting_names(text: str) -> list[str]:
    """Names of the settings in a configuration file, each once, in order."""
    matches = [_SETTING_LINE.match(line) for line in text.splitlines()]
    return list(dict.fromkeys(match.group(1).lower() for match in matches if match))


def setting(text: str, name: str) -> str | None:
    """Value of a setting in a configuration file's own lines, the last one as the server takes it; None where it is not set."""
    values = re.findall(rf"^\s*{name}\s*(?:=|\s)\s*(?:'([^']*)'|([^\s#]+))", text, re.MULTILINE | re.IGNORECASE)
    return (values[-1][0] or values[-1][1]) if values else None


def access_rules(text: str) -> list[str]:
    """The lines of a C(pg_hba.conf) that are rules, as they stand there; a rule continued on the next line is one."""
    text = re.sub(r"\\\r?\n", "", text)
    return [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def postmaster_pid(text: str) -> Postmaster | None:
    """postmaster.pid read; None when it does not even name a process."""
    lines = [line.strip() for line in text.splitlines()] + [""] * 5
    pid = _integer(lines[0])
    if pid is None:
        return None
    # A server that was started in single-user mode writes its pid as a negative number.
    return {"pid": abs(pid), "port": _integer(lines[3]), "socket_directory": lines[4] or None}


def _integer(value: str | None) -> int | None:
    try:
        return None if value is None else int(value)
    except ValueError:
        return None


def _flag(value: str | None, test: Callable[[str], bool]) -> bool | None:
    return None if value is None else test(value)
