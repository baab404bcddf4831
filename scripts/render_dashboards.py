"""Write the dashboards of scripts/dashboards into the role monitoring, as Grafana reads them, and which panel each alert leads to."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from dashboards.page import Page
from grafana_foundation_sdk.cog.encoder import JSONEncoder

DASHBOARDS = (
    *("overview", "postgresql", "queries", "pgbouncer", "stacks", "application", "redis", "backups", "machines", "logs"),
)  # fmt: skip
FILES = Path(__file__).resolve().parent.parent / "roles/monitoring/files"


def pages() -> list[Page]:
    return [importlib.import_module(f"dashboards.{name}").page() for name in DASHBOARDS]


def rendered() -> dict[str, str]:
    """The text of each file, by its path below the role's files."""
    found: dict[str, str] = {}
    panels: dict[str, str] = {}
    for page in pages():
        found[f"dashboards/{page.uid}.json"] = written(page.build())
        panels |= {alert.lower(): f"{page.uid}?viewPanel=panel-{panel}" for alert, panel in page.alerts.items()}
    return {**found, "panels.json": written(panels)}


def written(thing: Any) -> str:
    return json.dumps(thing, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    for name, text in rendered().items():
        (FILES / name).write_text(text)
