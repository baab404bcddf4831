# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PgBouncer's pools: planned from the inventory, compared with what the running PgBouncer says, shown as a table. Pure."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import re

POOL_MODES = ("transaction", "session")
# The first release that keeps protocol-level prepared statements apart in transaction pooling.
PREPARED_SINCE = (1, 21)
READ_ONLY_SUFFIX = "_ro"
ADMIN_DATABASE = "pgbouncer"

_KEYS = ("database", "pool_mode", "pool_size", "pool_size_ro", "prepared_statements")
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DATABASE = re.compile(r"[A-Za-z0-9_]{1,60}")
_SECTION = re.compile(r"== (\w+)")
_SECRET_ITERATIONS = 4096


# What is wanted


def pools(environments, defaults):
    """Two pools for each environment: its database on the primary, and read only on the replicas.

    :arg environments: environment name to a dict with ``database`` and, where they differ from the defaults, ``pool_mode``,
        ``pool_size``, ``pool_size_ro`` and ``prepared_statements``.
    :arg defaults: ``pool_mode`` and ``pool_size`` of an environment that names none.
    :returns: list of dicts. ``size`` is the number of server connections in all. One of them is kept for looking passwords
        up: with all of them in use by the clients, nobody new could log in.
    """
    found = []
    for environment, given in environments.items():
        database = given["database"]
        size = int(given.get("pool_size", defaults["pool_size"]))
        for target, name, connections in (
            ("primary", database, size),
            ("replicas", database + READ_ONLY_SUFFIX, int(given.get("pool_size_ro", size))),
        ):
            found.append(
                {
                    "environment": environment,
                    "name": name,
                    "database": database,
                    "target": target,
                    "pool_mode": given.get("pool_mode", defaults["pool_mode"]),
                    "size": connections,
                    "pool_size": connections - 1,
                    "prepared_statements": bool(given.get("prepared_statements", True)),
                }
            )
    return found


def problems(environments, environment, defaults, max_connections, reserved):
    """Every contradiction in the environments, each as one sentence with what was found and what to do."""
    found = [text for name, given in environments.items() for text in _entry_problems(name, given, defaults)]
    if environment not in environments:
        found.append(
            f"pgbouncer_environment is {environment!r}, expected one of pgbouncer_environments "
            f"({', '.join(environments) or 'none'})"
        )
    if found:
        return found
    wanted = pools(environments, defaults)
    return _name_problems(wanted) + _sum_problems(wanted, max_connections, reserved)


def _entry_problems(name, given, defaults):
    where = f"pgbouncer_environments: {name}"
    if not _FILE_NAME.fullmatch(str(name)):
        return [f"{where}: the name becomes a file name, expected a-z, 0-9, _ and - only"]
    if not isinstance(given, dict) or not _DATABASE.fullmatch(str(given.get("database", ""))):
        return [f"{where}: database is missing or has other characters than letters, digits and _"]
    found = []
    unknown = sorted(set(given) - set(_KEYS))
    if unknown:
        found.append(f"{where}: {', '.join(unknown)} is not known, expected {', '.join(_KEYS)}")
    mode = given.get("pool_mode", defaults["pool_mode"])
    if mode not in POOL_MODES:
        found.append(f"{where}: pool_mode is {mode!r}, expected {' or '.join(POOL_MODES)}")
    for key in ("pool_size", "pool_size_ro"):
        value = given.get(key, defaults["pool_size"])
        if not re.fullmatch(r"\d+", str(value)) or int(value) < 2:
            found.append(f"{where}: {key} is {value!r}, expected an integer of 2 or more")
    return found


def _name_problems(wanted):
    owners, found = {ADMIN_DATABASE: "PgBouncer itself"}, []
    for pool in wanted:
        other = owners.setdefault(pool["name"], pool["environment"])
        if other != pool["environment"]:
            found.append(
                f"pgbouncer_environments: {pool['environment']}: a pool called {pool['name']} is already {other}'s, "
                f"expected one for each database and its read-only alias ({READ_ONLY_SUFFIX})"
            )
    return found


def _sum_problems(wanted, max_connections, reserved):
    total, available = sum(pool["size"] for pool in wanted), int(max_connections) - int(reserved)
    if total <= available:
        return []
    parts = ", ".join(f"{pool['name']} {pool['size']}" for pool in wanted)
    return [
        f"the pools take {total} server connections ({parts}), but a member has {available}: postgres_max_connections "
        f"{max_connections} less pgbouncer_reserved_connections {reserved}. Make the pools smaller by {total - available}, "
        "or raise postgres_max_connections"
    ]


def version_problems(wanted, version):
    """Environments whose clients would break: prepared statements of one client are unknown to the next server connection."""
    if not version or version_tuple(version) >= PREPARED_SINCE:
        return []
    names = sorted(
        {pool["environment"] for pool in wanted if pool["prepared_statements"] and pool["pool_mode"] == "transaction"}
    )
    return [
        f"pgbouncer_environments: {name}: pool_mode transaction with prepared_statements needs PgBouncer "
        f"{'.'.join(map(str, PREPARED_SINCE))} or newer, found {version}. Either let the application emulate them "
        "(Laravel: PDO::ATTR_EMULATE_PREPARES => true in the connection's options) and set prepared_statements: false, or "
        "set pool_mode: session, or install a newer PgBouncer (postgres_package_source: pgdg)"
        for name in names
    ]


def version_tuple(version):
    """(1, 18) of '1.18.0'."""
    return tuple(int(part) for part in re.findall(r"\d+", str(version))[:2])


# What is there


def parse(probe):
    """What a machine answered to roles/pgbouncer/tasks/probe.yml.

    :returns: dict with ``installed`` (package names), ``version``, ``paths`` (files and directories that are there), ``stale``
        (units whose files are newer than what they run with), ``nofile`` (the running process's limit or None), ``config``
        and ``databases`` (None while PgBouncer does not answer).
    """
    found = _sections(probe)
    version = re.search(r"\d+\.\d+(\.\d+)?", " ".join(found.get("version", [])))
    limit = found.get("nofile", [])
    config, databases = _rows(found.get("config", [])), _rows(found.get("databases", []))
    return {
        "installed": [line.split()[0] for line in found.get("packages", []) if line.endswith(" installed")],
        "version": version.group(0) if version else None,
        "paths": found.get("paths", []),
        "stale": found.get("stale", []),
        "nofile": int(limit[0]) if limit and limit[0].isdigit() else None,
        "config": {row["key"]: row for row in config} if config else None,
        "databases": {row["name"]: row for row in databases} if databases else None,
    }


def _sections(text):
    """Lines by the heading above them, which looks like ``== name``."""
    found, lines = {}, None
    for line in text.splitlines():
        head = _SECTION.fullmatch(line)
        if head:
            lines = found.setdefault(head.group(1), [])
        elif lines is not None and line.strip():
            lines.append(line)
    return found


def _rows(lines):
    return list(csv.DictReader(lines))


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


# Secrets


def scram_secret(password, user):
    """The SCRAM secret of a password, as PostgreSQL and PgBouncer store it.

    The salt comes from the password and the user, so that the same password gives the same file. Only for passwords that are
    random themselves: whoever has the secret could otherwise guess them as if there were no salt.
    """
    key = password.encode()
    salt = hmac.new(key, b"salt of " + user.encode(), hashlib.sha256).digest()[:16]
    salted = hashlib.pbkdf2_hmac("sha256", key, salt, _SECRET_ITERATIONS)
    stored = hashlib.sha256(hmac.new(salted, b"Client Key", hashlib.sha256).digest()).digest()
    server = hmac.new(salted, b"Server Key", hashlib.sha256).digest()
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_SECRET_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


# A table for people


def overview(text):
    """One row for each pool of ``SHOW POOLS``, with what ``SHOW STATS`` and ``SHOW DATABASES`` say about its database.

    :arg text: the three answers as CSV, under the headings ``== pools``, ``== stats`` and ``== databases``.
    """
    found = _sections(text)
    stats = {row["database"]: row for row in _rows(found["stats"])}
    databases = {row["name"]: row for row in _rows(found["databases"])}
    rows = [row for row in _rows(found["pools"]) if row["database"] != ADMIN_DATABASE]
    used = {row["database"] for row in rows}
    idle = [{"database": name} for name in databases if name != ADMIN_DATABASE and name not in used]
    return [_overview(row, databases[row["database"]], stats.get(row["database"], {})) for row in rows + idle]


def _overview(pool, database, stats):
    """One row; a pool that nobody used since PgBouncer started has no user yet."""

    def number(row, *keys):
        return sum(int(row.get(key) or 0) for key in keys)

    return {
        "pool": pool["database"],
        "user": pool.get("user", "-"),
        "target": f"{database['host']}:{database['port']}",
        "mode": pool.get("pool_mode") or database["pool_mode"],
        "clients_active": number(pool, "cl_active"),
        "clients_waiting": number(pool, "cl_waiting"),
        "longest_wait_seconds": round(number(pool, "maxwait") + number(pool, "maxwait_us") / 1e6, 1),
        "servers_active": number(pool, "sv_active"),
        "servers_idle": number(pool, "sv_idle", "sv_used", "sv_tested", "sv_login"),
        "servers_allowed": number(database, "max_connections"),
        "transactions": number(stats, "total_xact_count"),
        "average_transaction_ms": round(number(stats, "avg_xact_time") / 1000, 2),
    }


_COLUMNS = (
    ("POOL", "pool"),
    ("USER", "user"),
    ("TARGET", "target"),
    ("MODE", "mode"),
    ("CLIENTS", "clients_active"),
    ("WAITING", "clients_waiting"),
    ("MAXWAIT s", "longest_wait_seconds"),
    ("SERVERS", "servers_active"),
    ("IDLE", "servers_idle"),
    ("OF", "servers_allowed"),
    ("XACTS", "transactions"),
    ("AVG ms", "average_transaction_ms"),
)


def table(rows):
    """The rows of :func:`overview` as text."""
    lines = [[head for head, _key in _COLUMNS]] + [[str(row[key]) for _head, key in _COLUMNS] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
