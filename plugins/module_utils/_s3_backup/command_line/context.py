# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands have in common: the bucket with the right credential, the databases that are meant, failures that are recorded."""

from __future__ import annotations

import os
import sys
import time

from .. import configuration
from ..errors import BackupError, Stopped, UsageError
from ..machine.state import State
from ..s3.store import BOTO3_ERROR, Store
from .progress import Progress

# Seconds that a further attempt waits for another run.
_LONGEST_WAIT = 3600


def open_store(found, name):
    """The bucket, with the credential of that name."""
    if BOTO3_ERROR:
        raise UsageError("boto3 cannot be imported; install python3-boto3")
    path = found["credentials"][name]
    if not path:
        elsewhere = ": another machine rotates, s3_backup_rotator" if name == "rotator" else ""
        raise UsageError(f"credentials.{name} is missing in the configuration{elsewhere}")
    seal = configuration.seal_key(found["credentials"]["seal"])
    return Store(found["bucket"], found["store"], configuration.credentials(path), seal)


def readable_credential(found):
    for name in ("drill", "writer", "rotator"):
        path = found["credentials"][name]
        if path and (path == configuration.CARRIED or os.access(path, os.R_OK)):
            return name
    raise UsageError("none of the credentials can be read; start this as root")


def progress_of(options):
    return lambda what, total: Progress(what, total, quiet=options.json)


def databases_of(found, options):
    if options.database and options.database not in found["databases"]:
        raise UsageError(f"{options.database} is no database of this environment: {', '.join(found['databases'])}")
    return [options.database] if options.database else found["databases"]


def each(found, job, databases, work, wait=0, pauses=()):
    """Does a job for each database; what fails for one does not keep the others from it, and is told when it fails.

    :arg work: function of a database's name that gives its result; :arg wait: seconds for which one that runs is waited for.
    :arg pauses: seconds before each further attempt for those that failed.
    :raises BackupError: with everything that failed for good, after the failures were recorded.
    """
    state, left = State(found, job), list(databases)
    results: list[object] = []
    failures: list[tuple[str, BackupError]] = []
    for pause in (0, *pauses):
        if pause:
            sys.stderr.write(f"plannerate-backup: again in {pause // 60} minutes: {_told(failures)}\n")
            # Without the lock: a restore makes a backup before it begins.
            time.sleep(pause)
        with state.locked(_LONGEST_WAIT if pause else wait), state.telling(left):
            failures = _attempt(state, left, work, results)
        left = [database for database, _error in failures]
        # Nothing that passes: somebody has to correct it.
        if not left or all(isinstance(error, UsageError) for _database, error in failures):
            break
    if failures:
        failure = BackupError(_told(failures))
        failure.exit_code = max(error.exit_code for _database, error in failures)
        raise failure
    return results


def _attempt(state, databases, work, results):
    """(database, error) of each failure."""
    failures = []
    for number, database in enumerate(databases):
        try:
            results.append(work(state, database))
        except BackupError as error:
            failures.append((database, _recorded(state, database, error)))
        except BaseException:
            state.failed(databases[number:])
            raise
    return failures


def _recorded(state, database, error):
    try:
        state.failed([database])
    except BackupError as other:
        error.args = (f"{error}; {other}",)
    return error


def _told(failures):
    return "; ".join(f"{database}: {error}" for database, error in failures)


def recording(state, work):
    """A failure of the whole job counts for all databases."""
    try:
        return work()
    except (BackupError, Stopped) as error:
        if error.exit_code != 75:
            state.failed()
        raise
