"""Docker."""

from __future__ import annotations

from dashboards.page import GREEN, RED, Page

CHOSEN = 'environment=~"$environment"'
ON = "* on (machine) group_left () (max by (machine) (container_running) >= bool 0)"


def page() -> Page:
    made = Page(
        "stacks",
        "Docker and stacks",
        "Does every container run, and is it healthy?",
        {"environment": "container_running"},
    )
    made.stat(
        "Containers",
        "short",
        (f"min by (machine, container) (container_running{{{CHOSEN}}})", "{{container}}"),
        words={"0": ("missing", RED), "1": ("runs", GREEN)},
        alerts=["ContainerMissing"],
        width=24,
    )
    made.stat(
        "Health",
        "short",
        (f"max by (machine, container) (container_unhealthy{{{CHOSEN}}})", "{{container}}"),
        words={"0": ("healthy", GREEN), "1": ("unhealthy", RED)},
        alerts=["ContainerUnhealthy"],
        width=24,
    )
    made.graph(
        "Containers that do not run",
        "short",
        (
            f"count by (environment) (container_running{{{CHOSEN}}}) - sum by (environment) (container_running{{{CHOSEN}}})",
            "{{environment}}",
        ),
    )
    made.graph(
        "Processors of the Docker hosts",
        "percentunit",
        (f'1 - avg by (machine) (rate(node_cpu_seconds_total{{mode="idle"}}[$__rate_interval])) {ON}', "{{machine}}"),
    )
    made.graph(
        "Memory of the Docker hosts",
        "percentunit",
        (
            f"1 - sum by (machine) (node_memory_MemAvailable_bytes) / sum by (machine) (node_memory_MemTotal_bytes) {ON}",
            "{{machine}}",
        ),
        limit=0.9,
    )
    made.table("Current release", f"release_info{{{CHOSEN}}}", hidden=["Value"], width=24)
    return made
