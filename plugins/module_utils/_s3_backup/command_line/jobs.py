# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that change something, each a function of the configuration and the options: plain data, and lines for a person."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from ..catalogue import choice, listing, proof, verify
from ..catalogue.manifest import omitted
from ..dump.backup import run as back_up
from ..errors import BackupError
from ..machine import elsewhere
from ..machine.calendar import next_expected
from ..machine.privileges import become
from ..machine.state import State
from ..machine.text import clock, readable
from ..restore.drill import drill
from ..retention.rotation import NO_FIGURES, Rotation
from .context import databases_of, each, open_store, progress_of, recording

# Seconds before each further attempt of a night.
_PAUSES = (600, 1200, 2400)


def run(found, options):
    databases = databases_of(found, options)
    become(found["users"]["run"])

    def one(state, database):
        store = open_store(found, "writer")
        return back_up(found, store, state, database, progress_of(options), options.reason)

    try:
        made = each(found, "run", databases, one, options.wait, _PAUSES if options.retry else ())
    except BackupError:
        # Keys and what another machine did are no matter of the databases that failed.
        _look_around(found)
        raise
    said = _look_around(found)
    lines = [
        f"{one['database']}: {one['id']}, {readable(sum(entry['size'] for entry in one['objects']))} stored, "
        f"{readable(sum(entry['plain_size'] for entry in one['objects']))} dumped"
        for one in made
    ]
    lines += [f"{one['database']}: {one['id']} is without {text}" for one in made for text in omitted(one)]
    return {"backups": made}, lines + said


def _look_around(found):
    return [*_look_after_keys(found), *_tell_of_elsewhere(found)]


def _look_after_keys(found):
    """Lines about what went wrong; none of it makes a backup worse."""
    try:
        is_any = found["encryption"]["offline"]
        moments = proof.look_after(found, open_store(found, "writer"), datetime.now(timezone.utc)) if is_any else {}
        State(found, "run").proven(moments)
    except BackupError as error:
        return [f"the proofs of the private keys could not be looked at: {error}"]
    return []


def _tell_of_elsewhere(found):
    """Lines about what went wrong; the next backup tries again."""
    try:
        elsewhere.publish(found, open_store(found, "writer"))
    except BackupError as error:
        return [f"what another machine did with the backups could not be read: {error}"]
    return []


def verify_stored(found, options):
    databases = databases_of(found, options)
    become(found["users"]["drill"])
    store, results, failures = open_store(found, "drill"), [], []
    for database in databases:
        if options.all:
            backups = [one for one in listing.backups(store, found["prefix"], database) if one.state != "orphan"]
        else:
            chosen = choice.choose(store, found["prefix"], database, options.backup, unauthenticated=True)
            backups = [chosen.backup]
        for backup in backups:
            try:
                results.append(verify.verify(store, backup, progress_of(options)))
            except BackupError as error:
                failures.append((backup.id, error))
    if failures:
        failure = BackupError("; ".join(f"{name}: {error}" for name, error in failures))
        failure.exit_code = max(error.exit_code for _name, error in failures)
        raise failure
    lines = [f"{one['database']}: {one['backup']} is intact, {readable(one['bytes'])} read" for one in results]
    return {"verified": results}, lines or ["no backups"]


def rotate(found, options):
    become(found["users"]["rotate"])
    # What is refused for want of a key is no failure of the rotation, which is another machine's then.
    store = open_store(found, "rotator")
    state = State(found, "rotate")
    began = time.time()

    def work():
        with state.locked():
            rotation = Rotation(store, found["prefix"], found["retention"])
            result = rotation.result()
            if options.check:
                return result
            rotation.carry_out()
            figures = rotation.figures()
            for database in found["databases"]:
                state.succeeded(database, time.time() - began, figures.get(database, NO_FIGURES))
            return result

    result = work() if options.check else recording(state, work)
    would = "would be " if options.check else ""
    lines = [f"{one['database']} {one['id']}: {would}deleted, {one['reason']}" for one in result["deleted"]]
    lines += [f"{key}: unfinished upload {would}given up" for key in result["aborted"]]
    lines += [f"warning: {warning}" for warning in result["warnings"]]
    lines.append(f"{len(result['kept'])} kept, {len(result['deleted'])} {would}deleted")
    return result, lines


def drill_stored(found, options):
    databases = databases_of(found, options)
    become(found["users"]["drill"])

    def one(state, database):
        began = time.time()
        store = open_store(found, "drill")
        store.check_clock()
        backup, skipped = choice.choose(store, found["prefix"], database, options.backup)
        done = {**drill(found, store, backup, progress_of(options)), "skipped": skipped}
        figures = {"restore_seconds": done["restore_seconds"], "verified_backup": backup.moment.timestamp()}
        figures["next_expected"] = next_expected(found["schedules"], "drill")
        state.succeeded(database, time.time() - began, figures)
        return done

    made = each(found, "drill", databases, one)
    lines = [
        f"{done['database']}: {done['backup']} was restored in {clock(done['restore_seconds'])}, {done['rows']} rows in "
        f"{done['tables']} tables, as dumped"
        for done in made
    ]
    lines += [f"{done['database']}: {text}" for done in made for text in done["skipped"]]
    return {"drills": made}, lines
