# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics about what another machine does with the backups: rotation, and the second copy."""

from __future__ import annotations

import os

from ..catalogue import report
from .metrics import render
from .state import replace


def publish(found, store):
    """Reads in the bucket what was told there, and publishes it; a job that never was counts as one of 1970."""
    if not found["textfile_directory"]:
        return
    for job, name, is_expected in (
        ("rotate", report.ROTATION, not found["credentials"]["rotator"]),
        ("copy", report.COPY, bool(found["copy"]["bucket"])),
    ):
        if is_expected:
            moment, told = report.read(store, found["prefix"], name)
            path = os.path.join(found["textfile_directory"], f"s3_backup_{found['environment']}_{job}_elsewhere.prom")
            replace(path, render(found["environment"], job, figures(found["databases"], moment, told)))


def figures(databases, moment, told):
    """What metrics.render takes of each database. Pure."""
    last = moment.timestamp() if moment else 0
    kept = ("kept", "deleted", "restorable", "warnings")
    return {
        name: {
            # A copy without the newest backup is as old as what it has.
            "last_success": told[name].get("newest", 0) if told.get(name, {}).get("behind") else last,
            "newest_copy": told.get(name, {}).get("newest"),
            **{key: told[name][key] for key in kept if key in told.get(name, {})},
        }
        for name in databases
    }
