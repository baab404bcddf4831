# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what is asked for, who does it, and how it is answered."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from datetime import datetime, timezone

from .. import configuration
from ..errors import BackupError, Stopped
from .jobs import drill_stored, rotate, run, verify_stored
from .look import check, failed, listed, policy, status, when
from .prove import elsewhere, prove_key
from .restore import restore

_COMMANDS = {
    "run": run,
    "list": listed,
    "when": when,
    "verify": verify_stored,
    "restore": restore,
    "rotate": rotate,
    "drill": drill_stored,
    "status": status,
    "failed": failed,
    "check": check,
    "prove-key": prove_key,
    "policy": policy,
}

_HELP = {
    "run": "make a backup of each database",
    "list": "show the backups and their state, newest first",
    "when": "show which backup has a database as of a moment, and the command that restores it",
    "verify": "read every stored object and compare its checksum",
    "restore": "restore a backup, into a new database unless told otherwise",
    "rotate": "delete what the retention does not keep",
    "drill": "restore a backup into a scratch server and write down how it went",
    "status": "show when each job last succeeded and failed",
    "failed": "record that a job failed, for a unit's OnFailure=",
    "check": "look whether a job could run, changing nothing",
    "prove-key": "open what only this private key opens, on whatever computer it is, and write the date into the bucket",
    "policy": "print the policy and the lifecycle that the bucket should have, and what it allows",
}


def main(arguments):
    """Runs one command; gives the exit code."""
    os.umask(0o077)
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        is_elsewhere = options.command == "prove-key" and options.bucket
        found = elsewhere(options) if is_elsewhere else configuration.load(_path(options))
        if getattr(options, "source", None) == "copy":
            found = configuration.of_the_copy(found)
        result, lines = _COMMANDS[options.command](found, options)
    except (BackupError, Stopped) as error:
        _say(str(error))
        if options.json:
            _print(json.dumps({"failed": True, "message": str(error), "exit_code": error.exit_code}))
        return error.exit_code
    if options.json:
        _print(json.dumps(result))
    else:
        for line in lines:
            _print(line)
    return 0


def _path(options):
    return options.config or configuration.path_of(options.environment)


def _stop(number, _frame):
    # Once is enough: tidying up must not be interrupted.
    for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Stopped(f"stopped by {signal.Signals(number).name}")


def _say(message):
    sys.stderr.write(f"plannerate-backup: {message}\n")


def _print(text):
    sys.stdout.write(text + "\n")


def _moment(text):
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a time such as 2026-11-23T18:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _count(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}, expected 1 or more")
    return int(text)


def _parser():
    parser = argparse.ArgumentParser(prog="plannerate-backup", description="Logical backups of PostgreSQL on S3.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {}
    for name, text in _HELP.items():
        made[name] = commands.add_parser(name, help=text, description=text)
        made[name].add_argument("environment", help="name of the configuration in " + configuration.DIRECTORY)
        made[name].add_argument("--config", help="path of the configuration instead")
        made[name].add_argument("--json", action="store_true", help="answer with one JSON document")
    made["when"].add_argument("database", help="one of the environment's databases")
    made["when"].add_argument("moment", help="with a zone, such as 2026-01-31T15:06:59+01:00")
    for name in ("run", "list", "verify", "restore", "drill"):
        made[name].add_argument("--database", help="only this one; restore needs it if there are several")
    for name in ("list", "verify", "restore"):
        made[name].add_argument(
            "--from",
            dest="source",
            choices=("bucket", "copy"),
            default="bucket",
            help=f"copy: those of the second copy, whose key is in {configuration.CARRIED}",
        )
    for name in ("verify", "restore", "drill"):
        made[name].add_argument("--backup", help="id of a backup instead of the newest")
    made["run"].add_argument("--reason", default="scheduled", help="why, for the manifest")
    made["run"].add_argument(
        "--retry",
        action="store_true",
        help="try what failed again after 10, 20 and 40 minutes, each database by itself",
    )
    made["run"].add_argument("--wait", type=int, default=0, help="seconds to wait for a backup that is running already")
    made["verify"].add_argument("--all", action="store_true", help="every backup instead of the newest")
    made["rotate"].add_argument("--check", action="store_true", help="show the plan, delete nothing")
    made["failed"].add_argument("--message", default="the job ended without a word", help="what is known")
    for name in ("failed", "check"):
        made[name].add_argument("--job", choices=configuration.JOBS, required=True)
    _restore_options(made["restore"])
    _elsewhere_options(made["prove-key"])
    return parser


def _elsewhere_options(parser):
    parser.add_argument("--identity", required=True, help="path of the private key")
    parser.add_argument(
        "--bucket", help="where there is no configuration: the bucket, with its keys in AWS_ACCESS_KEY_ID and so on"
    )
    parser.add_argument("--prefix", help="unless it is the environment's name")
    parser.add_argument("--endpoint", help="URL of the service, unless it is AWS")
    parser.add_argument("--region", help="the bucket's region")
    parser.add_argument("--path-style", action="store_true", help="the bucket's name is part of the URL's path")
    parser.add_argument("--ca-file", help="certificate of the authority of the service's")


def _restore_options(parser):
    parser.add_argument("--time", type=_moment, help="the newest backup that is not later")
    parser.add_argument("--system", help="system identifier of the cluster that it is of, where there are several")
    parser.add_argument(
        "--unauthenticated",
        action="store_true",
        help="with --backup: load it although anybody who can write to the bucket may have made it",
    )
    parser.add_argument("--into", help="name of the new database")
    parser.add_argument(
        "--overwrite-name", help="take this existing database's name; it is backed up and put aside first"
    )
    parser.add_argument("--table", help="schema.table: only its rows, into a new database with all definitions")
    parser.add_argument("--identity", help="path of a private key of one of the backup's recipients")
    parser.add_argument(
        "--jobs", type=_count, help="restore so many tables at a time; needs room in the work directory"
    )
    parser.add_argument(
        "--create-roles", action="store_true", help="create the roles that the dump needs and that are missing"
    )
    parser.add_argument(
        "--as-superuser",
        action="append",
        default=[],
        metavar="WORD",
        help="load what the plan names so as a superuser; 'everything' for the whole dump. Only if you trust whoever wrote it",
    )
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="WORD",
        help="with --overwrite-name: what the plan names so may be missing in the database that replaces the existing one",
    )
    parser.add_argument("--check", action="store_true", help="show the plan, change nothing")
