"""Backups and what proves that they can be restored."""

from __future__ import annotations

from dashboards.page import GREEN, ORANGE, RED, Page

CHOSEN = 'environment=~"$environment"'
WHICH = "{{environment}} {{database}}"
DAY = 86400


def page() -> Page:
    made = Page(
        "backups",
        "Backups and restore",
        "Could everything be restored now, from when, and how long would it take?",
        {"environment": "backup_expected"},
    )
    made.stat(
        "Last job",
        "short",
        (f"s3_backup_job_success{{{CHOSEN}}}", f"{WHICH} {{{{exported_job}}}}"),
        words={"0": ("failed", RED), "1": ("good", GREEN)},
        alerts=["BackupFailed"],
        width=12,
    )
    made.stat(
        "Age of the last good backup",
        "s",
        (f'time() - s3_backup_job_last_success_timestamp_seconds{{{CHOSEN}, exported_job="run"}}', WHICH),
        steps=[(26 * 3600, RED)],
        alerts=["BackupTooOld", "BackupMissing"],
        width=12,
    )
    made.stat(
        "Age of the last backup that a drill restored",
        "s",
        (f"time() - (s3_backup_verified_backup_timestamp_seconds{{{CHOSEN}}} > 0)", WHICH),
        steps=[(9 * DAY, ORANGE)],
        alerts=["BackupUnverified", "BackupNeverVerified"],
        width=8,
    )
    made.stat(
        "Time to restore",
        "s",
        (f"s3_backup_restore_seconds{{{CHOSEN}}}", WHICH),
        steps=[(3600, RED)],
        alerts=["RestoreOverTimeBudget"],
        width=8,
    )
    made.stat(
        "Databases without a backup",
        "short",
        (
            "count(max by (datname) (postgres_database_transaction_age"
            '{datname!~"postgres|template[01]|.*_(restored|before)_[0-9]+t[0-9]+z"})'
            ' unless on (datname) label_replace(backup_expected, "datname", "$1", "database", "(.+)")) or vector(0)',
            "",
        ),
        steps=[(1, ORANGE)],
        alerts=["DatabaseWithoutBackup"],
        width=8,
    )
    made.row("What is kept")
    made.graph(
        "Backups that can be restored",
        "short",
        (f"s3_backup_restorable{{{CHOSEN}}}", WHICH),
        alerts=["BackupHistoryShrank"],
    )
    made.graph(
        "Size",
        "bytes",
        (f"s3_backup_plain_bytes{{{CHOSEN}}}", f"{WHICH} plain"),
        (f"s3_backup_stored_bytes{{{CHOSEN}}}", f"{WHICH} stored"),
        alerts=["BackupSizeFell"],
    )
    made.graph(
        "A backup took",
        "s",
        (f'max by (environment, database) (s3_backup_job_duration_seconds{{{CHOSEN}, exported_job="run"}})', WHICH),
        limit=3600,
        alerts=["BackupOverTimeBudget"],
    )
    made.graph(
        "Things that are not in it", "short", (f"s3_backup_omissions{{{CHOSEN}}}", WHICH), alerts=["BackupHoldsLess"]
    )
    made.stat(
        "Age of the last rotation and of the last second copy",
        "s",
        (
            f'time() - s3_backup_job_last_success_timestamp_seconds{{{CHOSEN}, exported_job=~"rotate|copy"}}',
            f"{WHICH} {{{{exported_job}}}}",
        ),
        steps=[(3 * DAY, ORANGE)],
        alerts=["BackupNotRotated", "BackupNotCopied"],
        width=8,
    )
    made.stat(
        "Since the private key was proven",
        "s",
        (f"time() - s3_backup_key_proven_timestamp_seconds{{{CHOSEN}}}", "{{environment}} {{recipient}}"),
        steps=[(100 * DAY, ORANGE)],
        alerts=["BackupKeyUnproven", "BackupKeyNeverProven"],
        width=8,
    )
    made.row("Physical backups, where they are on")
    made.graph(
        "WAL waits for the store",
        "s",
        ("s3_backup_physical_behind_seconds", "{{stanza}}"),
        limit=300,
        alerts=["PhysicalArchiveBehind", "PhysicalWatchStopped"],
    )
    made.graph(
        "The disk is full in",
        "s",
        ("s3_backup_physical_full_seconds", "{{stanza}}"),
        alerts=["PhysicalDiskFillsUp"],
    )
    made.graph(
        "Age of the last physical backup",
        "s",
        ("time() - s3_backup_physical_backup_timestamp_seconds", "{{stanza}}"),
        alerts=["PhysicalBackupTooOld"],
    )
    made.stat(
        "Last physical backup",
        "short",
        ("s3_backup_physical_job_success", "{{stanza}}"),
        words={"0": ("failed", RED), "1": ("good", GREEN)},
        alerts=["PhysicalBackupFailed"],
        width=12,
    )
    made.stat(
        "Gaps in the WAL",
        "short",
        ("s3_backup_physical_gaps", "{{stanza}}"),
        steps=[(1, RED)],
        alerts=["PhysicalWalMissing"],
        width=12,
    )
    made.stat(
        "Last drill",
        "short",
        ("s3_backup_physical_drill_job_success", "{{stanza}}"),
        words={"0": ("failed", RED), "1": ("good", GREEN)},
        alerts=["PhysicalDrillFailed"],
        width=8,
    )
    made.stat(
        "A drill is late, below 0 not yet due",
        "s",
        ("time() - s3_backup_physical_drill_next_expected_timestamp_seconds", "{{stanza}}"),
        steps=[(2 * DAY, ORANGE)],
        alerts=["PhysicalBackupUnverified"],
        width=8,
    )
    made.stat(
        "Time to restore it, and its budget",
        "s",
        ("s3_backup_physical_drill_restore_seconds", "{{stanza}}"),
        ("s3_backup_physical_drill_budget_seconds", "{{stanza}} budget"),
        alerts=["PhysicalRestoreOverTimeBudget"],
        width=8,
    )
    return made
