# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a job could run: programs, the bucket, the clock, the databases. Nothing is changed."""

from __future__ import annotations

import os
import re
import secrets
import shutil

from ..catalogue import keys
from ..errors import UsageError
from ..machine.pipeline import run
from ..machine.session import program
from ..s3.store import StoreError
from .source import Source

_PROGRAMS = {"run": ["pg_dump"], "rotate": [], "drill": ["pg_restore", "initdb", "pg_ctl", "pg_amcheck"]}


def check(configuration, store, job):
    """:raises BackupError: with what is in the way; :returns: dict about what was found."""
    check_programs(configuration, job)
    place = configuration["drill"]["socket"] or "(no drill.socket)"
    if job == "drill" and not os.path.exists(place):
        raise UsageError(f"there is no {place}, behind which a drill's dump is loaded; converge the environment")
    result = {"job": job, "clock_seconds": round(store.check_clock(), 3)}
    if job == "run":
        for database in configuration["databases"]:
            with Source(configuration["source"], database) as source:
                check_version(configuration["source"]["binaries"], source.major)
        result["writer_may_delete"] = may_delete(store, configuration["prefix"])
    return result


def check_programs(configuration, job):
    method = configuration["encryption"]["method"]
    tools = [] if job == "rotate" else ["zstd"] + ([method] if method != "none" else [])
    missing = [name for name in tools if not shutil.which(name)]
    binaries = configuration["source"]["binaries"]
    missing += [f"{binaries}/{name}" for name in _PROGRAMS[job] if not shutil.which(f"{binaries}/{name}")]
    if missing:
        raise UsageError(f"these programs are missing: {', '.join(missing)}; install them")


def check_version(binaries, major):
    """pg_dump of a later release writes settings that an earlier server refuses; an earlier pg_dump refuses the server."""
    said = run(program(binaries, "pg_dump", "--version"))
    found = re.search(r"(\d+)[.\w]*", said)
    if not found or int(found.group(1)) != major:
        raise UsageError(
            f"{binaries}/pg_dump is {said.strip()}, the server is PostgreSQL {major}; use that release's programs"
        )


def may_delete(store, prefix):
    """Whether the credential may delete; asked with a key that nobody has."""
    try:
        return not store.delete([f"{keys.root(prefix)}not-there-{secrets.token_hex(8)}"])
    except StoreError as error:
        if error.code == "AccessDenied":
            return False
        raise
