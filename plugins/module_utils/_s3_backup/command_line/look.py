# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that look, or only take a note, each a function of the configuration and the options."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from .. import configuration
from ..catalogue import listing, report
from ..dump import preflight
from ..errors import BackupError, UsageError
from ..machine.privileges import become
from ..machine.state import State
from ..machine.text import readable
from ..physical import asked
from ..physical.moments import moment
from ..physical.when import Dump, answers, ranges
from ..physical.when import lines as answered
from ..s3 import rights
from .context import open_store, readable_credential

_CREDENTIAL = {"run": "writer", "rotate": "rotator", "drill": "drill"}


def listed(found, options):
    store = open_store(found, readable_credential(found))
    backups = sorted(
        listing.backups(store, found["prefix"], options.database),
        key=lambda one: (one.database, one.moment, one.id),
        reverse=True,
    )
    copied = _copied(found, store)
    result = [
        {
            "database": one.database,
            "system": one.system,
            "id": one.id,
            "state": one.state,
            "bytes": one.bytes,
            "note": "; ".join(filter(None, [unopened(one, found["encryption"]), one.note])) or None,
            "authentic": one.authentic,
            "copied": None if copied is None else one.id in copied,
        }
        for one in backups
    ]
    several = len({(one["database"], one["system"]) for one in result}) > len({one["database"] for one in result})
    lines = [
        "  ".join(
            [
                one["database"],
                *([one["system"]] if several else []),
                one["id"],
                f"{one['state']:<10}",
                f"{readable(one['bytes']):>10}",
                *([] if copied is None else ["copied" if one["copied"] else "      "]),
                ("NOT AUTHENTIC: " if one["authentic"] is False else "") + (one["note"] or ""),
            ]
        ).rstrip()
        for one in result
    ]
    # Those hold every database of the cluster. What is wrong with them does not hide the dumps.
    try:
        physical = asked.ask()
    except BackupError as error:
        return {"backups": result, "physical": None, "message": str(error)}, [*lines, str(error)]
    lines += [f"physical  {one['label']}  {one['kind']}  {one['end']}" for one in reversed(physical["backups"])]
    lines += [f"physical  every moment from {one['begin']} to {one['end']}" for one in physical["windows"]]
    return {"backups": result, "physical": physical}, lines or ["no backups"]


def _copied(found, store):
    """Ids of what has a second copy, by what was told in the bucket; None where there is none, or it is what is listed."""
    if not found["copy"]["bucket"]:
        return None
    _moment, told = report.read(store, found["prefix"], report.COPY)
    return {one for each in told.values() for one in each["ids"]}


def when(found, options):
    """Which backup answers how a database was at a moment, and how it is asked."""
    at = moment(options.moment)
    if options.database not in found["databases"]:
        raise UsageError(f"{options.database} is no database of this environment: {', '.join(found['databases'])}")
    store = open_store(found, readable_credential(found))
    dumps = [
        Dump(one.id, one.moment)
        for one in listing.backups(store, found["prefix"], options.database)
        if one.state in ("good", "verified") and one.authentic is not False
    ]
    result = answers(options.database, at, dumps, ranges(asked.ask()))
    told = [{"what": one.what, "lag_seconds": one.lag.total_seconds(), "command": one.command} for one in result]
    return {"answers": told}, answered(result)


def unopened(backup, encryption):
    """What to say of the keys of a Backup: None where one that is away from the machine opens it. Pure."""
    mine = {*backup.recipients}
    if not mine or mine & {*encryption["offline"]}:
        return None
    if not mine & {*encryption["recipients"]}:
        return "no present recipient opens it, it needs the private half of " + " or ".join(sorted(mine))
    return "only the key of this machine's drill opens it" if encryption["offline"] else None


def status(found, _options):
    result = {job: State(found, job).read()["databases"] for job in configuration.JOBS}
    lines = []
    for job, databases in result.items():
        if job == "rotate" and not found["credentials"]["rotator"]:
            lines.append("rotate  by another machine, s3_backup_rotator")
            continue
        for database in found["databases"]:
            figures = databases.get(database, {})
            outcome = {1: "good", 0: "FAILED", None: "never run"}[figures.get("success")]
            last = figures.get("last_success")
            lines.append(f"{job:<7} {database}: {outcome}, last success {_when(last)}")
    return {"jobs": result}, lines


def _when(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC") if seconds else "never"


def failed(found, options):
    become(found["users"][options.job])
    names = State(found, options.job).ended_without_a_word()
    about = f"{options.message} ({', '.join(names)})" if names else "it told itself what failed"
    return {"job": options.job, "message": options.message, "databases": names}, [
        f"{options.job} of {found['environment']}: {about}"
    ]


def check(found, options):
    become(found["users"][options.job])
    store = open_store(found, _CREDENTIAL[options.job])
    result = preflight.check(found, store, options.job)
    lines = [f"{options.job} of {found['environment']} can run"]
    if result.get("writer_may_delete"):
        lines.append(
            "warning: the writer's credential may delete backups; give it a policy that denies s3:DeleteObject"
        )
    return result, lines


def policy(found, _options):
    store = open_store(found, "writer")
    state = rights.found(store, preflight.may_delete(store, found["prefix"]))
    result = {
        "policy": rights.policy(found["bucket"], found["prefix"]),
        "lifecycle": rights.lifecycle(found["prefix"], found["retention"]["daily"]),
        "object_lock": rights.object_lock(found["retention"]["daily"]),
        "found": state,
        "unsafe": rights.unsafe(state),
        "warnings": rights.warnings(state),
    }
    lines = [f"warning: {text}" for text in result["warnings"]]
    lines += ["The bucket's policy, with the names of the writer and of the rotator as the store has them:"]
    lines += json.dumps(result["policy"], indent=1).splitlines()
    lines += [
        "The rules of its lifecycle, where it keeps versions:",
        *json.dumps(result["lifecycle"], indent=1).splitlines(),
        "Its object lock, where it was made with one; until it ends, nobody frees that space:",
        *json.dumps(result["object_lock"], indent=1).splitlines(),
    ]
    return result, lines
