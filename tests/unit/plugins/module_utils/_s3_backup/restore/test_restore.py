# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What failed first is told."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.errors import BackupError
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore.restore import drop_after


class Server:
    def drop(self, database):
        raise BackupError("it is in use")


def test_what_cannot_be_dropped_does_not_hide_why_it_would_be():
    reason = BackupError("pg_restore failed")
    drop_after(reason, Server(), "restore_1")
    assert str(reason) == "pg_restore failed. It left restore_1, which could not be dropped: it is in use"
