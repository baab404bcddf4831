"""What the databases do all day. Of single statements nothing is told: pg_stat_statements needs a library that is not loaded."""

from __future__ import annotations

from dashboards.page import Page

DATABASE = 'datname=~"$datname", datname!~"template.*"'


def rate(metric: str) -> str:
    return f"sum by (datname) (rate({metric}{{{DATABASE}}}[$__rate_interval]))"


def page() -> Page:
    hit = rate("pg_stat_database_blks_hit")
    made = Page(
        "queries",
        "Queries",
        "What do the databases do, and what waits for what?",
        {"datname": "pg_stat_database_xact_commit"},
    )
    made.graph("Transactions committed", "ops", (rate("pg_stat_database_xact_commit"), "{{datname}}"))
    made.graph("Transactions rolled back", "ops", (rate("pg_stat_database_xact_rollback"), "{{datname}}"))
    made.graph(
        "Oldest open transaction",
        "s",
        (f"max by (datname) (postgres_database_longest_transaction_seconds{{{DATABASE}}})", "{{datname}}"),
        limit=900,
        alerts=["PostgresLongTransaction"],
    )
    made.graph(
        "Connections by what they do",
        "short",
        (f"sum by (state) (pg_stat_activity_count{{{DATABASE}}})", "{{state}}"),
    )
    made.graph("Locks", "short", (f"sum by (mode) (pg_locks_count{{{DATABASE}}})", "{{mode}}"))
    made.graph("Deadlocks", "ops", (rate("pg_stat_database_deadlocks"), "{{datname}}"))
    made.row("Rows and blocks")
    made.graph(
        "Rows read",
        "rps",
        (rate("pg_stat_database_tup_fetched"), "{{datname}} by an index"),
        (rate("pg_stat_database_tup_returned"), "{{datname}} scanned"),
    )
    made.graph(
        "Rows written",
        "wps",
        *(
            (rate(f"pg_stat_database_tup_{done}"), f"{{{{datname}}}} {done}")
            for done in ("inserted", "updated", "deleted")
        ),
    )
    made.graph(
        "Blocks found in memory",
        "percentunit",
        (
            f"{hit} / ({hit} + {rate('pg_stat_database_blks_read')})",
            "{{datname}}",
        ),
    )
    made.graph("Temporary files", "Bps", (rate("pg_stat_database_temp_bytes"), "{{datname}}"))
    made.graph(
        "Checkpoints",
        "ops",
        ("sum by (member) (rate(postgres_checkpoints_timed[$__rate_interval]))", "{{member}} by time"),
        ("sum by (member) (rate(postgres_checkpoints_requested[$__rate_interval]))", "{{member}} by WAL"),
    )
    made.graph(
        "Conflicts on standbys",
        "ops",
        (rate("pg_stat_database_conflicts"), "{{datname}}"),
    )
    return made
