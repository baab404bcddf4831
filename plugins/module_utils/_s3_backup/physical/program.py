# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program pgBackRest: each call with the configuration of one member, as the user of its server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence

from ..errors import BackupError, Busy, Damaged, Gone, UsageError
from . import info
from .moments import moment
from .segments import number
from .window import Commit

# Of pgBackRest: another process has the lock; the segment is not there.
_LOCKED, _NO_SEGMENT = 50, 1
# How many segments are searched for a commit. One is archived before it is full only if something was written.
_FAR = 16
_COMMIT = re.compile(
    r"lsn: ([0-9A-F]+/[0-9A-F]+), .*desc: COMMIT(?:_PREPARED)? (?:[^;]*: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC"
)


class Program:
    """:arg config: path of the member's configuration. :arg binaries: directory of the server's programs."""

    def __init__(self, config, stanza, binaries, command="pgbackrest"):
        self.config, self.stanza, self.binaries, self.command = config, stanza, binaries, command

    def run(self, command, *options, arguments=()):
        """What it says on its standard output.

        :raises BackupError: with its last words, where it fails.
        """
        stanza = [] if command in ("repo-ls", "version") else [f"--stanza={self.stanza}"]
        argv = [self.command, f"--config={self.config}", *stanza, *options, command, *arguments]
        done = _called(argv)
        words = _words(done.stderr + done.stdout)
        if done.returncode == _LOCKED:
            raise Busy(f"pgbackrest {command}: another one is at work: {words}")
        if command == "archive-get" and done.returncode == _NO_SEGMENT:
            raise Gone(f"the segment {arguments[0]} is not in the archive")
        if done.returncode:
            raise BackupError(f"pgbackrest {command} failed with exit code {done.returncode}: {words}")
        return done.stdout

    def repository(self):
        return info.read(json.loads(self.run("info", "--output=json"), strict=False), self.stanza)

    def segments(self, archive):
        """Names of all WAL segments that are archived, sorted.

        :arg archive: name of the directory, such as C(15-1).
        """
        path = f"archive/{self.stanza}/{archive}"
        listed = json.loads(self.run("repo-ls", "--recurse", "--output=json", arguments=[path]))
        found = (re.fullmatch(r"[0-9A-F]{16}/([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?", name) for name in listed)
        return sorted(match[1] for match in found if match)

    def verify(self):
        """Reads all of the repository and compares it with its checksums.

        :raises Damaged: where something is missing or is not what was stored.
        """
        wrong = wrong_in(self.run("verify", "--output=text", "--verbose"))
        if wrong:
            raise Damaged(f"the repository is not sound: {wrong}")

    def last_commit(self, names, segment, segment_bytes, directory):
        """The last commit that is archived up to the end of a segment.

        :arg names: of all segments. :arg directory: where one of them may be for a moment.
        """
        for name in before(names, segment, segment_bytes)[:_FAR]:
            path = os.path.join(directory, name)
            try:
                self.run("archive-get", "--no-archive-async", arguments=[name, path])
                # It ends with an error where the segment ends, in the middle of what goes on in the next one.
                found = last_commit_of(_called([f"{self.binaries}/pg_waldump", "--rmgr=Transaction", path]).stdout)
            finally:
                if os.path.exists(path):
                    os.unlink(path)
            if found:
                return found
        return None


def before(names: Sequence[str], segment: str, segment_bytes: int) -> list[str]:
    """The segments up to one of them, newest first: of its timeline, then of earlier ones until they were left. Pure."""
    own = [name for name in names if name[:8] == segment[:8] and name <= segment]
    left = number(min(own, default=segment), segment_bytes)
    earlier = [name for name in names if name[:8] < segment[:8] and number(name, segment_bytes) < left]
    return sorted(own, reverse=True) + sorted(earlier, reverse=True)


def last_commit_of(text: str) -> Commit | None:
    """Of what pg_waldump says, with UTC as time zone. Pure."""
    found = _COMMIT.findall(text)
    return Commit(moment(f"{found[-1][1]} UTC"), found[-1][0]) if found else None


def wrong_in(text: str) -> str:
    """What C(pgbackrest verify) found, on one line; nothing where all is well. Its exit code is 0 in any case. Pure."""
    if re.search(r"^ *status: ok$", text, re.MULTILINE) and not re.search(r"^ *status: (?!ok$)", text, re.MULTILINE):
        return ""
    return info.readable(text) or "pgbackrest verify said nothing"


def _called(argv):
    # Each option of pgBackRest can come from the environment.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PGBACKREST_")}
    try:
        return subprocess.run(
            argv,
            capture_output=True,
            # What it has read with a wrong key, it repeats.
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd="/",
            env={**clean, "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        )
    except OSError as error:
        raise UsageError(
            f"{argv[0]} cannot be started: {error.strerror}; converge the role that installs it"
        ) from error


def _words(text):
    """What it says of an error, on one line."""
    lines = [re.sub(r"^.*?\b(ERROR|HINT|WARN): ", r"\1: ", line.strip()) for line in text.splitlines() if line.strip()]
    return info.readable(" ".join(lines)) or "it said nothing"
