"""Pools."""

from __future__ import annotations

from dashboards.page import GREEN, RED, Page


def page() -> Page:
    made = Page("pgbouncer", "PgBouncer", "Does anybody wait for a connection, and for how long?")
    made.stat(
        "PgBouncer",
        "short",
        ("pgbouncer_up", "{{machine}}"),
        words={"0": ("away", RED), "1": ("answers", GREEN)},
        alerts=["PgbouncerDown"],
    )
    made.stat(
        "Longest wait now",
        "s",
        ("max by (database) (pgbouncer_pools_client_maxwait_seconds)", "{{database}}"),
        steps=[(1, "orange"), (5, RED)],
        width=18,
    )
    made.graph(
        "Longest wait",
        "s",
        ("max by (machine, database) (pgbouncer_pools_client_maxwait_seconds)", "{{database}}"),
        limit=5,
        alerts=["PgbouncerClientsWaiting"],
        width=12,
    )
    made.graph(
        "Clients that wait",
        "short",
        ("sum by (machine, database) (pgbouncer_pools_client_waiting_connections)", "{{database}}"),
        width=12,
    )
    made.graph(
        "Connections in the databases behind the pools",
        "short",
        (
            'sum by (member, datname) (pg_stat_database_numbackends{datname!~"template.*|postgres|"})',
            "{{member}} {{datname}}",
        ),
        width=12,
    )
    made.graph(
        "Sessions that ended badly",
        "ops",
        ("sum by (datname) (rate(pg_stat_database_sessions_abandoned[$__rate_interval]))", "{{datname}} client gone"),
        ("sum by (datname) (rate(pg_stat_database_sessions_killed[$__rate_interval]))", "{{datname}} killed"),
        width=12,
    )
    return made
