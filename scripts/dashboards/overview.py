"""The first one to open."""

from __future__ import annotations

import slo

from dashboards.page import GREEN, RED, Page

UNITS = {"%": "percentunit", "ms": "s", "s": "s", "h": "s", "min": "s"}


def page() -> Page:
    made = Page("overview", "Overview", "Is what was promised kept, and what runs where?")
    made.row("What was promised")
    for record, name, limit, unit, more in slo.PROMISES:
        made.stat(
            f"{name} ({'at least' if more else 'at most'} {limit:g} {unit})",
            UNITS[unit],
            (record, "" if record in slo.OF_THE_CLUSTER else "{{environment}}"),
            base=RED if more else GREEN,
            steps=[(limit / slo.FACTORS[unit], GREEN if more else RED)],
            width=8,
        )
    made.stat(
        "Alerts that fire",
        "short",
        ('count(ALERTS{alertstate="firing", alertname!="DeadMansSwitch"}) or vector(0)', ""),
        steps=[(1, RED)],
        width=8,
    )
    made.row("Releases")
    made.table("Current release", "release_info", hidden=["Value"])
    made.stat(
        "Last deployment",
        "short",
        ("deployment_last_rolled_back", "{{environment}} {{kind}} {{release}}"),
        words={"0": ("stayed", GREEN), "1": ("went back", RED)},
        alerts=["DeploymentRolledBack"],
    )
    # A rollback was promised in less than five minutes.
    made.stat(
        "Last deployment took", "s", ("deployment_last_duration_seconds", "{{environment}}"), steps=[(300, "orange")]
    )
    made.row("The monitoring itself")
    made.table("Alerts", 'ALERTS{alertstate=~"firing|pending"}', hidden=["Value"])
    made.stat(
        "Scraped",
        "short",
        ("min by (job) (up)", "{{job}}"),
        words={"0": ("no", RED), "1": ("yes", GREEN)},
        alerts=["ExporterDown"],
        width=12,
    )
    made.graph(
        "Alerts that could not be delivered",
        "ops",
        ("sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval]))", "{{integration}}"),
        alerts=["AlertsNotDelivered"],
    )
    made.graph(
        "Rules that failed",
        "short",
        ("sum(increase(prometheus_rule_evaluation_failures_total[$__rate_interval]))", "failures"),
        alerts=["RulesFailing"],
    )
    made.graph(
        "Age of what the machines tell",
        "s",
        ("time() - machine_metrics_timestamp_seconds", "{{machine}} {{subject}}"),
        limit=180,
        alerts=["MetricsStale"],
    )
    return made
