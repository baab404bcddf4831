# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a retention plan: manifests first, so that nothing looks whole that is not."""

from __future__ import annotations

from datetime import datetime, timezone

from ..catalogue import keys, listing
from ..errors import BackupError
from ..s3.store import DELETE_BATCH, StoreError
from .policy import plan


class Rotation:
    """What goes and stays below a prefix; the same plan is shown and carried out."""

    def __init__(self, store, prefix, policy, now=None):
        """:raises Refused: when the plan could hurt; :raises UsageError: for a policy or prefix that means nothing."""
        self.store, self.prefix = store, prefix
        keys.root(prefix)
        if now is None:
            store.check_clock()
            now = datetime.now(timezone.utc)
        self.plan = plan(listing.backups(store, prefix), policy, now, list(store.uploads(keys.root(prefix))))
        self.failures = {}

    def result(self):
        """The plan as plain data."""
        return {
            "kept": [_shown(decision) for decision in self.plan.keep],
            "deleted": [_shown(decision) for decision in self.plan.delete],
            "aborted": [upload.key for upload in self.plan.abort],
            "warnings": list(self.plan.warnings),
            "changed": bool(self.plan.delete or self.plan.abort),
        }

    def carry_out(self):
        """:raises BackupError: naming the objects that the store did not delete."""
        going = {decision.backup.directory for decision in self.plan.delete}
        # Without its manifest a backup is none: from here on the rest of it is swept by the next run too.
        self._delete(directory + keys.MANIFEST for directory in sorted(going))
        going -= {key[: -len(keys.MANIFEST)] for key in self.failures}
        if going:
            self._delete(
                entry.key
                for entry in self.store.objects(keys.root(self.prefix))
                if getattr(keys.place_of(self.prefix, entry.key), "directory", None) in going
            )
        for upload in self.plan.abort:
            try:
                self.store.abort(upload)
            except StoreError as error:
                self.failures[upload.key] = str(error)
        if self.failures:
            named = "; ".join(f"{key} ({reason})" for key, reason in sorted(self.failures.items())[:20])
            raise BackupError(f"{len(self.failures)} objects were not deleted: {named}")

    def _delete(self, names):
        batch = []
        for name in names:
            batch.append(name)
            if len(batch) == DELETE_BATCH:
                self.failures.update(self.store.delete(batch))
                batch = []
        self.failures.update(self.store.delete(batch))


def _shown(decision):
    backup = decision.backup
    return {
        "database": backup.database,
        "system": backup.system,
        "id": backup.id,
        "state": backup.state,
        "bytes": backup.bytes,
        "reason": decision.reason,
    }
