# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine answers about its PgBouncer, and what the running one does not have yet. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.console import records, sections


class Answer(TypedDict):
    """What a machine answered to roles/pgbouncer/tasks/probe.yml.

    ``installed``: package names. ``paths``: files and directories that exist. ``started``: units that run and will after a restart of
    the machine. ``stale``: units whose files are newer than what they run with. ``nofile``: the running process's limit of open files.
    ``config`` and ``databases``: rows of the admin console by name, None while PgBouncer does not answer.
    """

    installed: list[str]
    version: str | None
    paths: list[str]
    started: list[str]
    stale: list[str]
    nofile: int | None
    config: dict[str, dict[str, str]] | None
    databases: dict[str, dict[str, str]] | None


class Pending(TypedDict):
    """One line for each difference, by what applies it."""

    reload: list[str]
    restart: list[str]


def parse(probe: str) -> Answer:
    output = sections(probe)
    version = re.search(r"\d+\.\d+(\.\d+)?", " ".join(output.get("version", [])))
    limit = output.get("nofile", [])
    config, databases = records(output.get("config", [])), records(output.get("databases", []))
    return {
        "installed": [line.split()[0] for line in output.get("packages", []) if line.endswith(" installed")],
        "version": version.group(0) if version else None,
        "paths": output.get("paths", []),
        "started": output.get("started", []),
        "stale": output.get("stale", []),
        "nofile": int(limit[0]) if limit and limit[0].isdigit() else None,
        "config": {row["key"]: row for row in config} if config else None,
        "databases": {row["name"]: row for row in databases} if databases else None,
    }


def pending(
    answer: Answer,
    settings: Mapping[str, object],
    databases: Mapping[str, Mapping[str, object]],
    nofile: int | str,
) -> Pending:
    """What the running PgBouncer does not have yet.

    :arg settings: wanted settings by name.
    :arg databases: wanted rows of ``SHOW DATABASES`` by pool name; keys that a row does not name are not compared.
    :arg nofile: the least file limit that the process needs.
    """
    if answer["config"] is None:
        return {"reload": [], "restart": ["PgBouncer does not answer"]}
    result: Pending = {"reload": [], "restart": []}
    for name, value in settings.items():
        setting = answer["config"].get(name)
        current = setting["value"] if setting else None
        if current is not None and _plain(current) == _plain(value):
            continue
        needs_restart = setting and setting.get("changeable") == "no"
        result["restart" if needs_restart else "reload"].append(f"{name} is {current!r}, wanted {str(value)!r}")
    if answer["nofile"] is not None and answer["nofile"] < int(nofile):
        result["restart"].append(f"its limit of open files is {answer['nofile']}, wanted {nofile}")
    for name, wanted in databases.items():
        row = (answer["databases"] or {}).get(name)
        if row is None:
            result["reload"].append(f"pool {name} is missing")
            continue
        differences = [
            f"{key} {row.get(key)!r}, wanted {str(value)!r}"
            for key, value in wanted.items()
            if _plain(row.get(key)) != _plain(value)
        ]
        if differences:
            result["reload"].append(f"pool {name}: {'; '.join(differences)}")
    return result


def _plain(value: object) -> str:
    """A setting's value in one spelling: PgBouncer answers 1 for on and 511 for 0777."""
    text = "" if value is None else str(value).strip()
    if text.lower() in ("on", "yes", "true"):
        return "1"
    if text.lower() in ("off", "no", "false"):
        return "0"
    return str(int(text, 8)) if re.fullmatch(r"0[0-7]+", text) else text
