# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job remembers on its machine: its last outcome, what it has begun, and that it is running."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import tempfile
import time
from contextlib import contextmanager, suppress

from ..errors import BackupError, Busy
from .metrics import render

# Between the end of a job and the unit that is started by its failure.
_JUST_NOW = 60


class State:
    """The state of one job of one environment, in a directory of the job's user."""

    def __init__(self, configuration, job):
        self.environment, self.job = configuration["environment"], job
        self.names = configuration["databases"]
        self.directory = os.path.join(configuration["state_directory"], job)
        self.path = os.path.join(self.directory, "state.json")
        textfiles = configuration["textfile_directory"]
        self.textfile = textfiles and os.path.join(textfiles, f"s3_backup_{self.environment}_{job}.prom")

    @contextmanager
    def locked(self, wait=0):
        """:arg wait: seconds to wait for it; :raises Busy: when another process does this job for this environment."""
        path = os.path.join(self.directory, "lock")
        try:
            # Not truncated before it is held: its content names the holder.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise BackupError(f"cannot write {path}: {error.strerror}") from error
        with os.fdopen(descriptor, "r+") as file:
            deadline = time.monotonic() + wait
            while not _lock(file):
                if time.monotonic() >= deadline:
                    raise Busy(
                        f"{self.job} of {self.environment} is running already (process {file.read().strip() or 'unknown'}); "
                        "wait for it to end"
                    )
                time.sleep(min(1, wait))
            try:
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
            except OSError as error:
                raise BackupError(f"cannot write {path}: {error.strerror}") from error
            yield

    def read(self):
        """C(databases): figures by name; C(begun): directories of backups that were begun and not finished."""
        try:
            with open(self.path, encoding="utf-8") as file:
                found = json.load(file)
        except (OSError, ValueError):
            found = {}
        # A database that left the environment leaves its metrics too, or it would be late for ever.
        databases = {name: figures for name, figures in found.get("databases", {}).items() if name in self.names}
        # pending: what a job that runs has said nothing about yet; ended: when one last ended and had told everything.
        return {
            "databases": databases,
            "begun": found.get("begun", []),
            "keys": found.get("keys", {}),
            "pending": found.get("pending", []),
            "ended": found.get("ended", 0),
        }

    def begin(self, directory):
        """Remembers a backup's directory before the first byte is uploaded, so that a killed run leaves a trace."""
        found = self.read()
        found["begun"].append(directory)
        self._store(found)

    def forget(self, directory):
        found = self.read()
        found["begun"] = [name for name in found["begun"] if name != directory]
        self._store(found)

    def succeeded(self, database, duration, figures):
        """:arg duration: seconds; :arg figures: keys of metrics.render that changed."""
        self._record([database], {"success": 1, "last_success": time.time(), "duration": duration, **figures})

    def failed(self, databases=None):
        """Records that the job failed, for all databases of the environment unless some are named."""
        self._record(databases or self.names, {"success": 0, "last_failure": time.time()})

    def ended_without_a_word(self):
        """Records the failure of a job for those databases of which it had told nothing: its names."""
        found = self.read()
        told = time.time() - found["ended"] < _JUST_NOW
        names = [name for name in found["pending"] if name in self.names] or ([] if told else self.names)
        if names:
            self.failed(names)
        return names

    @contextmanager
    def telling(self, databases):
        """While a job runs that tells about each of these databases."""
        found = self.read()
        found["pending"] = list(databases)
        self._store(found)
        try:
            yield
        finally:
            found = self.read()
            if not found["pending"]:
                found["ended"] = time.time()
                with suppress(BackupError):
                    self._store(found)

    def proven(self, moments):
        """:arg moments: of the last proof of each key, or None."""
        found = self.read()
        found["keys"] = {key: moment.timestamp() if moment else 0 for key, moment in moments.items()}
        self._store(found)
        self._publish(found)

    def _record(self, databases, figures):
        found = self.read()
        for database in databases:
            found["databases"].setdefault(database, {}).update(figures)
        found["pending"] = [name for name in found["pending"] if name not in databases]
        try:
            self._store(found)
        finally:
            # Metrics matter most when something is wrong with the disk.
            self._publish(found)

    def _store(self, found):
        replace(self.path, json.dumps(found, indent=1) + "\n")

    def _publish(self, found):
        if self.textfile:
            replace(self.textfile, render(self.environment, self.job, found["databases"], found["keys"]))


def _lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def replace(path, content):
    """Writes a file so that nobody ever reads half of it; on a full disk in the space that it has already."""
    temporary = None
    try:
        try:
            # Node exporter reads *.prom only, so it never sees this name.
            descriptor, temporary = tempfile.mkstemp(prefix=".", dir=os.path.dirname(path))
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o644)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            temporary = None
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            with open(path, "r+", encoding="utf-8") as file:
                file.write(content)
                file.truncate()
    except OSError as error:
        raise BackupError(f"cannot write {path}: {error.strerror}") from error
    finally:
        if temporary:
            os.unlink(temporary)
