# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of one environment: read, completed and checked; everything that is wrong is named at once."""

from __future__ import annotations

import json
import os
import re

from .catalogue import keys
from .errors import UsageError
from .retention import policy

DIRECTORY = "/etc/plannerate-backup"
JOBS = ("run", "rotate", "drill")
REQUIRED = object()
_VARIABLES = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY"}
# Instead of a credential's path.
CARRIED = f"the variables {' and '.join(_VARIABLES.values())}"

_DEFAULTS = {
    "environment": REQUIRED,
    "databases": REQUIRED,
    "bucket": REQUIRED,
    "prefix": REQUIRED,
    "state_directory": REQUIRED,
    "textfile_directory": None,
    "compression_level": 1,
    "store": {
        "endpoint": None,
        "region": "us-east-1",
        "path_style": False,
        "ca_file": None,
        "outage_seconds": 90,
        "clock_limit_seconds": 300,
        "part_bytes": 16 * 1024 * 1024,
        "parallel_transfers": 4,
    },
    "credentials": {"writer": REQUIRED, "rotator": None, "drill": None, "seal": None},
    # The bucket of the second copy, where there is one; the machine has no key of it.
    "copy": {
        "bucket": None,
        "prefix": None,
        "endpoint": None,
        "region": "us-east-1",
        "path_style": False,
        "ca_file": None,
    },
    "users": {"run": None, "rotate": None, "drill": None, "restore": "postgres"},
    "source": {
        "conninfo": REQUIRED,
        "binaries": REQUIRED,
        "lock_wait_timeout": "60s",
        "row_counts": True,
        "roles_function": None,
        "exclude_table_data": (),
    },
    # offline: those of the recipients whose private halves are away from the machine.
    "encryption": {"method": REQUIRED, "recipients": (), "offline": ()},
    # Calendar expressions of systemd by which the jobs are started, and the longest random delay of that in seconds.
    "schedules": {"run": None, "drill": None, "random_delay": 0},
    "drill": {"identity_file": None, "socket": None, "jobs": 1, "free_percent": 10, "time_limit": 86400},
    "restore": {
        "conninfo": "host=/var/run/postgresql user=postgres",
        "jobs": 1,
        "work_directory": "/var/tmp",
        "members": 1,
        "free_percent": 10,
    },
    "retention": {
        "daily": 30,
        "weekly": None,
        "monthly": None,
        "verified": 3,
        "minimum_age_hours": 24,
        "orphan_grace_hours": 48,
    },
}
# An environment whose inventory was not converged since an earlier release still has them.
_FORMER = ("store.checksums", "source.mode", "source.jobs", "source.staging_directory", "drill.work_directory")
_SHORTEST_SEAL = 16
# Multipart uploads take no smaller parts, and memory no greater ones: there are five of them.
_PART_BYTES = (5 * 1024 * 1024, 64 * 1024 * 1024)


def path_of(environment):
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", environment):
        raise UsageError(f"environment {environment!r}: expected letters, digits, '_', '-' and '.'")
    return f"{DIRECTORY}/{environment}.json"


def load(path):
    """The checked configuration of an environment.

    :raises UsageError: naming the file and everything that is wrong in it.
    """
    try:
        return complete(_read(path))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def of_the_copy(found):
    """The configuration with the bucket of the second copy, whose keys whoever asks brings along."""
    copy = found["copy"]
    if not copy["bucket"]:
        raise UsageError("the environment has no second copy, see s3_backup_copy_bucket")
    store = {name: copy[name] for name in ("endpoint", "region", "path_style", "ca_file")}
    return {
        **found,
        "bucket": copy["bucket"],
        "prefix": copy["prefix"] or found["prefix"],
        "store": {**found["store"], **store},
        "copy": {**copy, "bucket": None},
        "credentials": {**found["credentials"], **dict.fromkeys(("writer", "rotator", "drill"), CARRIED)},
    }


def credentials(path):
    """C(access_key) and C(secret_key) from a file that only its user can read, or from the environment."""
    if path == CARRIED:
        keys_of_it = {name: os.environ.get(variable) for name, variable in _VARIABLES.items()}
        if not all(keys_of_it.values()):
            raise UsageError(f"expected the bucket's key in {CARRIED}")
        return keys_of_it
    found = _read(path)
    for name in ("access_key", "secret_key"):
        if not isinstance(found, dict) or not isinstance(found.get(name), str) or not found[name]:
            raise UsageError(f'{path} has no {name}, expected {{"access_key": "...", "secret_key": "..."}}')
    return found


def store_defaults():
    """Section C(store) where nothing is said."""
    return _merged({}, _DEFAULTS["store"], "store.", [])


def seal_key(path):
    """The key by which what the jobs write is authenticated; None for a path of None."""
    if not path:
        return None
    found = _read(path)
    if not isinstance(found, dict) or not isinstance(found.get("key"), str) or len(found["key"]) < _SHORTEST_SEAL:
        raise UsageError(f'{path} has no key, expected {{"key": "..."}} of {_SHORTEST_SEAL} letters or more')
    return found["key"].encode()


def complete(given):
    """The configuration with defaults for what was left out."""
    problems: list[str] = []
    found = _merged(given, _DEFAULTS, "", problems)
    if not problems:
        problems += _problems(found)
    if problems:
        raise UsageError("; ".join(problems))
    return found


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; converge the role that writes it") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from error


def _merged(given, defaults, where, problems):
    if not isinstance(given, dict):
        problems.append(f"{where or 'the configuration'} is no object")
        return {}
    unknown = [name for name in given if name not in defaults and f"{where}{name}" not in _FORMER]
    problems += [f"{where}{name} is unknown, expected one of {', '.join(defaults)}" for name in unknown]
    found = {}
    for name, default in defaults.items():
        if isinstance(default, dict):
            found[name] = _merged(given.get(name, {}), default, f"{where}{name}.", problems)
            continue
        found[name] = given.get(name, default)
        if found[name] is REQUIRED or (default is REQUIRED and found[name] in (None, "")):
            problems.append(f"{where}{name} is missing")
    return found


def _problems(found):
    for check in (lambda: keys.root(found["prefix"]), lambda: policy.check_policy(found["retention"])):
        try:
            check()
        except UsageError as error:
            yield str(error)
    names = found["databases"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        yield f"databases is {names!r}, expected a list of at least one name"
    if found["encryption"]["method"] not in ("age", "none"):
        yield f"encryption.method is {found['encryption']['method']!r}, expected one of age, none"
    if (found["encryption"]["method"] == "none") == bool(found["encryption"]["recipients"]):
        yield "encryption.recipients: expected public keys for age, and none for method none"
    patterns = found["source"]["exclude_table_data"]
    wrong = (
        [one for one in patterns if not isinstance(one, str) or "." not in one]
        if isinstance(patterns, (list, tuple))
        else [patterns]
    )
    if wrong:
        yield f"source.exclude_table_data has {wrong[0]!r}, expected schema.table, in which * stands for anything"
    yield from _number_problems(found)


def _number_problems(found):
    for section, key, least, most in (
        ("store", "outage_seconds", 0, 3600),
        ("store", "clock_limit_seconds", 1, 900),
        ("store", "part_bytes", *_PART_BYTES),
        ("store", "parallel_transfers", 1, 64),
        ("drill", "jobs", 1, 64),
        ("restore", "jobs", 1, 64),
        ("restore", "members", 1, 64),
        ("drill", "free_percent", 0, 99),
        ("drill", "time_limit", 1, 30 * 86400),
        ("restore", "free_percent", 0, 99),
    ):
        value = found[section][key]
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
            yield f"{section}.{key} is {value!r}, expected a number from {least} to {most}"
    level = found["compression_level"]
    if not isinstance(level, int) or isinstance(level, bool) or not 1 <= level <= 19:
        yield f"compression_level is {level!r}, expected 1 to 19"
