"""What a visitor notices. Traefik's own metrics are not collected: this is what is asked from the monitoring machine."""

from __future__ import annotations

from dashboards.page import GREEN, RED, Page

CHOSEN = 'environment=~"$environment"'


def page() -> Page:
    made = Page(
        "application",
        "Traefik and the application",
        "Does each environment answer, how fast, and with a certificate that lasts?",
        {"environment": "probe_success"},
    )
    made.stat(
        "Answers",
        "short",
        (f"probe_success{{{CHOSEN}}}", "{{target}}"),
        words={"0": ("no", RED), "1": ("yes", GREEN)},
        alerts=["ProbeFailing"],
        width=8,
    )
    made.stat("Status", "none", (f"probe_http_status_code{{{CHOSEN}}}", "{{target}}"), steps=[(400, RED)], width=8)
    made.stat(
        "Traefik",
        "short",
        ('container_running{container=~".+-traefik"}', "{{machine}}"),
        words={"0": ("missing", RED), "1": ("runs", GREEN)},
        width=8,
    )
    made.graph(
        "Answers, of 1",
        "percentunit",
        (f"avg by (environment, target) (avg_over_time(probe_success{{{CHOSEN}}}[5m]))", "{{target}}"),
    )
    made.graph(
        "Time to answer",
        "s",
        (f"avg_over_time(probe_duration_seconds{{{CHOSEN}}}[2m])", "{{target}}"),
        limit=0.2,
        alerts=["ProbeSlow"],
    )
    made.graph(
        "Where the time goes",
        "s",
        (f"sum by (environment, phase) (probe_http_duration_seconds{{{CHOSEN}}})", "{{environment}} {{phase}}"),
    )
    made.stat(
        "The certificate ends in",
        "s",
        (f"probe_ssl_earliest_cert_expiry{{{CHOSEN}}} - time()", "{{target}}"),
        base=RED,
        steps=[(14 * 86400, GREEN)],
        alerts=["CertificateExpiring"],
        width=12,
    )
    made.stat(
        "Uptime, 30 days",
        "percentunit",
        (f"slo:uptime:ratio30d{{{CHOSEN}}}", "{{environment}}"),
        base=RED,
        steps=[(0.999, GREEN)],
        width=12,
    )
    return made
