# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine answers about its PgBouncer, and what the running one does not have yet. Pure."""

from __future__ import annotations

import re

from ansible_collections.plannerate.infra.plugins.module_utils._pgbouncer.console import records, sections


def parse(probe):
    """What a machine answered to roles/pgbouncer/tasks/probe.yml.

    :returns: dict with ``installed`` (package names), ``version``, ``paths`` (files and directories that are there), ``stale``
        (units whose files are newer than what they run with), ``nofile`` (the running process's limit or None), ``config``
        and ``databases`` (None while PgBouncer does not answer).
    """
    found = sections(probe)
    version = re.search(r"\d+\.\d+(\.\d+)?", " ".join(found.get("version", [])))
    limit = found.get("nofile", [])
    config, databases = records(found.get("config", [])), records(found.get("databases", []))
    return {
        "installed": [line.split()[0] for line in found.get("packages", []) if line.endswith(" installed")],
        "version": version.group(0) if version else None,
        "paths": found.get("paths", []),
        "stale": found.get("stale", []),
        "nofile": int(limit[0]) if limit and limit[0].isdigit() else None,
        "config": {row["key"]: row for row in config} if config else None,
        "databases": {row["name"]: row for row in databases} if databases else None,
    }


def pending(answer, settings, databases, nofile):
    """What the running PgBouncer does not have yet.

    :arg answer: as given by :func:`parse`.
    :arg settings: wanted settings by name.
    :arg databases: wanted rows of ``SHOW DATABASES`` by pool name; keys that a row does not name are not compared.
    :arg nofile: the least file limit that the process needs.
    :returns: dict with ``reload`` and ``restart``, lists of one line for each difference.
    """
    if answer["config"] is None:
        return {"reload": [], "restart": ["PgBouncer does not answer"]}
    result = {"reload": [], "restart": []}
    for name, wanted in settings.items():
        row = answer["config"].get(name)
        found = row["value"] if row else None
        if found is not None and _plain(found) == _plain(wanted):
            continue
        kind = "restart" if row and row.get("changeable") == "no" else "reload"
        result[kind].append(f"{name} is {found!r}, wanted {str(wanted)!r}")
    if answer["nofile"] is not None and answer["nofile"] < int(nofile):
        result["restart"].append(f"its limit of open files is {answer['nofile']}, wanted {nofile}")
    for name, wanted in databases.items():
        row = (answer["databases"] or {}).get(name)
        if row is None:
            result["reload"].append(f"pool {name} is not there")
            continue
        differences = [
            f"{key} {row.get(key)!r}, wanted {str(value)!r}"
            for key, value in wanted.items()
            if _plain(row.get(key)) != _plain(value)
        ]
        if differences:
            result["reload"].append(f"pool {name}: {'; '.join(differences)}")
    return result


def _plain(value):
    """A setting's value in one spelling: PgBouncer answers 1 for on and 511 for 0777."""
    text = "" if value is None else str(value).strip()
    if text.lower() in ("on", "yes", "true"):
        return "1"
    if text.lower() in ("off", "no", "false"):
        return "0"
    return str(int(text, 8)) if re.fullmatch(r"0[0-7]+", text) else text
