# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a retention plan: manifests first, so that nothing looks whole that is not."""

from __future__ import annotations

from datetime import datetime, timezone
from urllib.parse import quote

from ..catalogue import index, keys, listing
from ..errors import BackupError
from ..s3.store import DELETE_BATCH, StoreError
from .policy import RESTORABLE, Backup, grounds, plan

# Of a database of which there is nothing.
NO_FIGURES = {"kept": 0, "deleted": 0, "restorable": 0, "warnings": 0}


class Rotation:
    """What goes and stays below a prefix; the same plan is shown and carried out."""

    def __init__(self, store, prefix, policy, now=None):
        """:raises Refused: when the plan could hurt; :raises Contradiction: when the store's listing cannot be one.

        :raises UsageError: for a policy or prefix that means nothing.
        """
        self.store, self.prefix = store, prefix
        keys.root(prefix)
        if now is None:
            store.check_clock()
            now = datetime.now(timezone.utc)
        self.indexes: dict[str, index.Index] = {}
        self.plan = self._planned(policy, now)
        self.failures = {}

    def _planned(self, policy, now):
        """The plan, after what a deletion of something verified rests on was looked at directly."""
        found = {one.directory: one for one in listing.backups(self.store, self.prefix, indexes=self.indexes)}
        uploads = list(self.store.uploads(keys.root(self.prefix)))
        noted = {
            f"{directory}{name}/": moment
            for directory, one in self.indexes.items()
            for name, moment in one.going.items()
        }
        looked: set[str] = set()
        while True:
            planned = plan(found.values(), policy, now, uploads, noted)
            unseen = [one for one in grounds(planned) if one.directory not in looked]
            if not unseen:
                return planned
            for one in unseen:
                looked.add(one.directory)
                found[one.directory] = listing.again(self.store, one)

    def result(self):
        """The plan as plain data."""
        return {
            "kept": [_shown(decision) for decision in self.plan.keep],
            "deleted": [_shown(decision) for decision in self.plan.delete],
            "aborted": [upload.key for upload in self.plan.abort],
            "warnings": list(self.plan.warnings),
            "changed": bool(self.plan.delete or self.plan.abort),
        }

    def figures(self):
        """What the metrics tell of each database, by its name."""
        result = self.result()
        counted: dict[str, dict[str, int]] = {}
        for name in ("kept", "deleted"):
            for one in result[name]:
                figures = counted.setdefault(one["database"], dict(NO_FIGURES))
                figures[name] += 1
                figures["restorable"] += name == "kept" and one["state"] in RESTORABLE
        for database, figures in counted.items():
            figures["warnings"] = sum(f"/{quote(database, safe='')}/" in text for text in result["warnings"])
        return counted

    def carry_out(self):
        """:raises BackupError: naming the objects that the store did not delete."""
        self._note()
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

    def _note(self):
        """Writes what the next rotations have to know."""
        deleted = {decision.backup.directory for decision in self.plan.delete}
        for directory, backups in self._by_database().items():
            going = {one.id: self.plan.noted[one.directory] for one in backups if one.directory in self.plan.noted}
            verified = frozenset(one.id for one in backups if one.was_verified)
            known = {
                one.id: found for one in backups if one.directory not in deleted and (found := listing.remembered(one))
            }
            noted = self.indexes[directory]._replace(verified=verified, going=going, known=known)
            if noted != self.indexes[directory]:
                index.write(self.store, directory, noted)

    def _by_database(self):
        """The plan's backups by their database's directory."""
        found: dict[str, list[Backup]] = {directory: [] for directory in self.indexes}
        for decision in (*self.plan.keep, *self.plan.delete):
            one = decision.backup
            found[keys.database_directory(self.prefix, one.system, one.database)].append(one)
        return found

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
