"""Redis, and the containers that work on its queues. How many jobs wait is not told by anything yet."""

from __future__ import annotations

from dashboards.page import GREEN, RED, Page

CHOSEN = 'environment=~"$environment"'


def page() -> Page:
    made = Page(
        "redis", "Redis and queues", "Does Redis have room, and do the workers run?", {"environment": "redis_up"}
    )
    made.stat(
        "Redis",
        "short",
        (f"redis_up{{{CHOSEN}}}", "{{environment}}"),
        words={"0": ("away", RED), "1": ("answers", GREEN)},
        alerts=["RedisDown"],
    )
    made.stat(
        "Workers",
        "short",
        (f'container_running{{{CHOSEN}, container=~".+-(queue|scheduler)-.+"}}', "{{container}}"),
        words={"0": ("missing", RED), "1": ("runs", GREEN)},
        width=18,
    )
    made.graph(
        "Memory, of its limit",
        "percentunit",
        (f"redis_memory_used_bytes{{{CHOSEN}}} / (redis_memory_max_bytes{{{CHOSEN}}} > 0)", "{{environment}}"),
        limit=0.9,
        alerts=["RedisMemoryNearlyFull"],
        width=12,
    )
    made.graph(
        "Memory",
        "bytes",
        (f"redis_memory_used_bytes{{{CHOSEN}}}", "{{environment}} used"),
        (f"redis_memory_max_bytes{{{CHOSEN}}}", "{{environment}} limit"),
        width=12,
    )
    return made
