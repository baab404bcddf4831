"""Members and replication."""

from __future__ import annotations

from dashboards.page import GREEN, ORANGE, RED, Page

TEN_MEGABYTES = 10485760


def page() -> Page:
    made = Page("postgresql", "PostgreSQL and replication", "Who takes writes, who follows it, and how far behind?")
    made.stat(
        "Member",
        "short",
        ("postgres_member_in_recovery", "{{member}}"),
        words={"0": ("primary", "blue"), "1": ("standby", GREEN)},
        alerts=["PostgresPrimaryMissing", "PostgresPrimaryTwice"],
        width=12,
    )
    made.stat(
        "Answers",
        "short",
        ('pg_up and on (instance) up{job="postgres"} == 1', "{{member}}"),
        words={"0": ("no", RED), "1": ("yes", GREEN)},
        alerts=["PostgresDown"],
        width=12,
    )
    made.row("Replication")
    made.graph(
        "Standbys that stream from the primary",
        "short",
        (
            'count(pg_stat_replication_pg_wal_lsn_diff{state="streaming"} and on (member) postgres_member_in_recovery == 0)',
            "standbys",
        ),
        alerts=["PostgresReplicaMissing"],
    )
    made.graph(
        "Behind, as the primary sees it",
        "bytes",
        ("max by (member, application_name) (pg_stat_replication_pg_wal_lsn_diff)", "{{application_name}}"),
        limit=TEN_MEGABYTES,
        alerts=["PostgresReplicationLagBytes"],
    )
    made.graph(
        "Behind, as the standby sees it",
        "s",
        ("max by (member) (postgres_member_replay_lag_seconds)", "{{member}}"),
        limit=1,
        alerts=["PostgresReplicationLagSeconds"],
    )
    made.graph(
        "Slots behind",
        "bytes",
        ("max by (member, slot_name) (pg_replication_slots_pg_wal_lsn_diff)", "{{member}} {{slot_name}}"),
        limit=TEN_MEGABYTES,
        alerts=["PostgresReplicationLagSlot"],
    )
    made.graph(
        "WAL that slots keep",
        "bytes",
        ("max by (member, slot_name) (postgres_slot_retained_bytes)", "{{member}} {{slot_name}}"),
        alerts=["PostgresSlotRetainsTooMuch"],
    )
    made.stat(
        "Slots",
        "short",
        ("max by (member, slot_name) (postgres_slot_lost)", "{{member}} {{slot_name}}"),
        words={"0": ("whole", GREEN), "1": ("lost", RED)},
        alerts=["PostgresSlotLost"],
        width=8,
    )
    made.stat(
        "Timeline",
        "short",
        ("max by (member) (postgres_member_timeline)", "{{member}}"),
        alerts=["PostgresReplicaDiverged"],
        width=12,
    )
    made.stat(
        "Detached by a failover",
        "short",
        ("max by (member) (postgres_member_detached)", "{{member}}"),
        words={"0": ("no", GREEN), "1": ("yes", ORANGE)},
        alerts=["PostgresReplicaDetached"],
        width=12,
    )
    made.row("Room")
    made.graph(
        "Connections in use",
        "percentunit",
        (
            "sum by (member) (pg_stat_database_numbackends) / max by (member) (pg_settings_max_connections)",
            "{{member}}",
        ),
        limit=0.8,
        alerts=["PostgresConnectionsNearLimit"],
    )
    made.graph(
        "Age of the oldest transaction ID",
        "short",
        ("max by (datname) (postgres_database_transaction_age)", "{{datname}}"),
        limit=1e9,
        alerts=["PostgresWraparound"],
    )
    made.graph("Size", "bytes", ("max by (datname) (pg_database_size_bytes)", "{{datname}}"))
    return made
