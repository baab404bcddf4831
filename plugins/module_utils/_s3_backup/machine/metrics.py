# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a job as text for the node exporter. Pure."""

from __future__ import annotations

_JOB = {
    "success": ("s3_backup_job_success", "Whether the last attempt succeeded."),
    "last_success": ("s3_backup_job_last_success_timestamp_seconds", "When the job last succeeded."),
    "last_failure": ("s3_backup_job_last_failure_timestamp_seconds", "When the job last failed."),
    "next_expected": (
        "s3_backup_job_next_expected_timestamp_seconds",
        "By when the schedule starts the job again, with its random delay.",
    ),
    "duration": ("s3_backup_job_duration_seconds", "How long the last success took."),
}
_FIGURES = {
    "stored_bytes": ("s3_backup_stored_bytes", "Size of the last backup as it is stored."),
    "plain_bytes": ("s3_backup_plain_bytes", "Size of the last backup before compression."),
    "omissions": ("s3_backup_omissions", "How many things of the database the last backup does not hold."),
    "restore_seconds": ("s3_backup_restore_seconds", "How long the last drill took to restore."),
    "verified_backup": ("s3_backup_verified_backup_timestamp_seconds", "When the newest restored backup was made."),
    "restorable": ("s3_backup_restorable", "Backups that the last rotation kept and that can be restored."),
    "kept": ("s3_backup_kept", "Backups that the last rotation kept."),
    "deleted": ("s3_backup_deleted", "Backups that the last rotation deleted."),
    "warnings": ("s3_backup_warnings", "What the last rotation warned about."),
    "newest_copy": ("s3_backup_copy_timestamp_seconds", "When the newest backup was made that has a copy."),
}


def render(environment, job, databases, keys=None):
    """The text of the file.

    :arg databases: figures of each database by its name, with the keys of the tables above; missing ones are left out.
    :arg keys: by public key, when its private half was last proven; 0 for never.
    """
    lines = []
    for figures, labels in ((_JOB, {"environment": environment, "job": job}), (_FIGURES, {"environment": environment})):
        for key, (name, meaning) in figures.items():
            samples = [
                (database, found[key]) for database, found in sorted(databases.items()) if found.get(key) is not None
            ]
            if samples:
                lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels({**labels, 'database': database})} {value:.15g}" for database, value in samples]
    if keys:
        name = "s3_backup_key_proven_timestamp_seconds"
        lines += [
            f"# HELP {name} When the private half of a recipient's key last opened something.",
            f"# TYPE {name} gauge",
        ]
        for key, value in sorted(keys.items()):
            lines.append(f"{name}{_labels({'environment': environment, 'recipient': key})} {value:.15g}")
    return "\n".join(lines) + "\n"


def _labels(pairs):
    return "{" + ",".join(f'{key}="{_escaped(value)}"' for key, value in pairs.items()) + "}"


def _escaped(value):
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
