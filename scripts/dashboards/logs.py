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
    made.stat(
        "PostgreSQL crashed",
        "short",
        lines("postgres_crash", "sender"),
        steps=[(1, RED)],
        alerts=["PostgresCrashed"],
        width=8,
    )
    made.stat(
        "PostgreSQL said FATAL",
        "short",
        lines("postgres_fatal", "sender"),
        steps=[(1, ORANGE)],
        alerts=["PostgresFatal"],
        width=8,
    )
    made.stat(
        "Killed for want of memory",
        "short",
        lines("memory_kill", "sender"),
        steps=[(1, ORANGE)],
        alerts=["KilledForMemory"],
        width=8,
    )
    made.graph(
        "PostgreSQL refused logins",
        "short",
        lines("postgres_refused", "sender"),
        limit=30,
        alerts=["PostgresLoginsRefused"],
        width=6,
    )
    made.graph(
        "Logins by SSH that failed",
        "short",
        lines("ssh_failed", "sender"),
        limit=200,
        alerts=["SshLoginsFailing"],
        width=6,
    )
    made.graph(
        "Errors of the application",
        "short",
        lines("laravel_error", "environment, service"),
        limit=20,
        alerts=["LaravelErrors"],
        width=6,
    )
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
