# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dashboards as they are in the role, and what their panels ask."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from support.helpers.checkout import ROOT

FILES = ROOT / "roles/monitoring/files"
# What Grafana puts in place of a variable of its own, or of a dashboard's when nothing is chosen.
VARIABLES = {"__rate_interval": "5m", "environment": ".*", "machine": ".*", "datname": ".*"}


class Asked(NamedTuple):
    dashboard: str
    panel: str
    expression: str


def dashboards() -> dict[str, dict]:
    return {path.stem: json.loads(path.read_text()) for path in sorted((FILES / "dashboards").glob("*.json"))}


def replaced(expression: str) -> str:
    return re.sub(r"\$([a-z_]\w*)", lambda found: VARIABLES[found[1]], expression)


def asked() -> list[Asked]:
    """Every query, with its variables replaced; those of annotations too."""
    found = []
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            found += [Asked(name, panel["title"], replaced(target["expr"])) for target in panel.get("targets", [])]
        found += [
            Asked(name, f"annotation {each['name']}", replaced(each["expr"]))
            for each in dashboard["annotations"]["list"]
        ]
    return found
