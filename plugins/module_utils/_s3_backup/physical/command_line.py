# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command plannerate-physical: physical backups of a cluster and what is made of them."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys

from ..errors import BackupError, Stopped
from ..machine.privileges import become
from . import catalogue, configuration, drill, jobs, restore, target


def main(arguments):
    """Runs one command; gives the exit code."""
    os.umask(0o077)
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        found = configuration.load(options.config)
        become(found["user"])
        result, lines = _COMMANDS[options.command](found, options)
    except (BackupError, Stopped) as error:
        sys.stderr.write(f"plannerate-physical: {error}\n")
        if options.json:
            sys.stdout.write(json.dumps({"failed": True, "message": str(error), "exit_code": error.exit_code}) + "\n")
        return error.exit_code
    sys.stdout.write(json.dumps(result) + "\n" if options.json else "".join(f"{line}\n" for line in lines if line))
    return 0


def _prepare(found, _options):
    primary, _running, before = jobs.prepare(found)
    if primary is None:
        return {"changed": False, "backups": None, "due": False}, [jobs.ELSEWHERE]
    made = before.system is None
    said = f"the stanza {found['stanza']} {'was made' if made else 'is there'}, with {len(before.backups)} backups"
    # Also where archiving was off meanwhile: from the older ones nothing can be restored that was written since.
    due = not before.backups or jobs.is_new(found)
    return {"changed": made, "backups": len(before.backups), "due": due}, [said]


def _back_up(found, options):
    return jobs.back_up(found, options.kind)


def _watch(found, _options):
    return jobs.watch(found)


def _list(found, _options):
    seen = jobs.look(found)
    return catalogue.plain(seen), catalogue.lines(seen) or ["no backups"]


def _restore(found, options):
    seen, made = target.plan(found, options.kind, options.target, options.backup)
    told = [f"backup {made.reach.backup.label}, then its WAL to {made.target}", *catalogue.lines(seen)]
    directory = restore.directory_of(found, options.name)
    if options.check:
        plain = {"changed": True, "backup": made.reach.backup.label, "target": made.target, "directory": directory}
        return plain, [*told, f"into {directory}, beside the running members"]
    result = restore.restore(found, made, options.name)
    return {"changed": True, **result}, restore.how_to_use(result)


def _remove(found, options):
    restore.remove(found, options.name)
    return {"changed": True}, [f"{options.name} was removed"]


def _drill(found, options):
    return drill.drill(found, options.target)


_COMMANDS = {
    "prepare": _prepare,
    "backup": _back_up,
    "watch": _watch,
    "list": _list,
    "restore": _restore,
    "remove": _remove,
    "drill": _drill,
}

_HELP = {
    "prepare": "see that the repository is this cluster's, and make its stanza",
    "backup": "make a backup, where the primary is on this machine",
    "watch": "tell monitoring how far archiving is",
    "list": "show the backups and what can be restored",
    "restore": "restore into a server of its own beside the running members",
    "remove": "end and remove what was restored so",
    "drill": "restore a random second, see that it is sound and exact, and remove it",
}


def _parser():
    parser = argparse.ArgumentParser(prog="plannerate-physical", description="Physical backups of PostgreSQL on S3.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {}
    for name, text in _HELP.items():
        made[name] = commands.add_parser(name, help=text, description=text)
        made[name].add_argument("--config", default=configuration.PATH, help="path of the configuration instead")
        made[name].add_argument("--json", action="store_true", help="answer with one JSON document")
    made["backup"].add_argument("kind", choices=("full", "diff", "incr"), help="the first one is full in any case")
    made["restore"].add_argument("--kind", choices=target.KINDS, default="now", help="what the target is")
    made["restore"].add_argument("--target", default="", help="where the WAL ends; a time has a zone")
    made["restore"].add_argument("--backup", help="label of the backup to begin with, for a name or a transaction")
    made["restore"].add_argument("--check", action="store_true", help="show the plan, change nothing")
    made["drill"].add_argument("--target", help="this moment, with its zone, on this machine")
    for name in ("restore", "remove"):
        made[name].add_argument("name", help="name of the copy, which is that of its directory")
    return parser


def _stop(number, _frame):
    # Once is enough: tidying up must not be interrupted.
    for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Stopped(f"stopped by {signal.Signals(number).name}")
