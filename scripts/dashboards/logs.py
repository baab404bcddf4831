"""Whether the machines send their logs, and what is counted in them. Lines themselves are searched by make logs."""

from __future__ import annotations

from dashboards.page import GREEN, ORANGE, RED, Page


def page() -> Page:
    made = Page("logs", "Logs", "Do the logs arrive, and do they tell of something that nothing else measures?")
    made.stat(
        "Log server",
        "short",
        ("logs_server_up", "{{machine}}"),
        words={"0": ("away", RED), "1": ("answers", GREEN)},
        alerts=["LogsServerDown"],
        width=8,
    )
    made.stat(
        "Sent no log for",
        "s",
        ("logs_silent_seconds", "{{sender}}"),
        steps=[(300, RED)],
        alerts=["LogsMissing"],
        width=8,
    )
    made.stat(
        "Logs, of their disk",
        "percentunit",
        ("logs_disk_bytes / logs_disk_max_bytes", "{{machine}}"),
        steps=[(0.9, RED)],
        alerts=["LogsDiskFull"],
        width=8,
    )
    made.row("Lines of the last 5 minutes")
    for title, kind, colour, alert in (
        ("PostgreSQL crashed", "postgres_crash", RED, "PostgresCrashed"),
        ("PostgreSQL said FATAL", "postgres_fatal", ORANGE, "PostgresFatal"),
        ("Killed for want of memory", "memory_kill", ORANGE, "KilledForMemory"),
    ):
        made.stat(title, "short", lines(kind, "sender"), steps=[(1, colour)], alerts=[alert], width=8)
    for title, kind, labels, limit, alert in (
        ("PostgreSQL refused logins", "postgres_refused", "sender", 30, "PostgresLoginsRefused"),
        ("Logins by SSH that failed", "ssh_failed", "sender", 200, "SshLoginsFailing"),
        ("Errors of the application", "laravel_error", "environment, service", 20, "LaravelErrors"),
    ):
        made.graph(title, "short", lines(kind, labels), limit=limit, alerts=[alert], width=6)
    made.graph(
        "Requests that failed with 5xx, of 1",
        "percentunit",
        (
            'sum by (environment) (logs_recent_lines{kind="request_failed"})'
            ' / sum by (environment) (logs_recent_lines{kind="request"})',
            "{{environment}}",
        ),
        limit=0.05,
        alerts=["RequestsFailing"],
        width=6,
    )
    return made


def lines(kind: str, labels: str) -> tuple[str, str]:
    """How many lines of a kind, by these labels."""
    legend = " ".join(f"{{{{{label}}}}}" for label in labels.split(", "))
    return f'sum by ({labels}) (logs_recent_lines{{kind="{kind}"}})', legend
