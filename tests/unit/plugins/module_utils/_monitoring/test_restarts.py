# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit of monitoring restarts for its own files, in check mode as without, and reloads for the others."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._monitoring.restarts import restarts

UNITS = [
    {"name": "prometheus-node-exporter.service", "restart": ["/n.conf"]},
    {"name": "machine-metrics.timer", "restart": ["/m.timer"]},
    {"name": "postgres-exporter@5432.service", "restart": ["/p.service", "/queries.yml"]},
    {"name": "prometheus-alertmanager.service", "restart": ["/a.conf"], "reload": ["/a.yml"]},
    {"name": "prometheus.service", "restart": ["/prometheus.conf"], "reload": ["/prometheus.yml"]},
]


@pytest.mark.parametrize(
    ("changed", "stale", "expected"),
    [
        ([], [], []),
        (["/prometheus.yml", "/a.yml"], ["prometheus.service reloaded"], []),
        # In check mode nothing is written, so nothing is newer than its unit.
        (["/queries.yml"], [], [("postgres-exporter@5432.service", "exporter", None, "/queries.yml changed")]),
        (["/a.conf"], ["prometheus-alertmanager.service restarted"],
         [("prometheus-alertmanager.service", "alertmanager", None, "/a.conf changed")]),
        ([], ["prometheus.service restarted"], [("prometheus.service", "prometheus", None, "its files are newer than it")]),
        (["/m.timer"], ["machine-metrics.timer started unknown"],
         [("machine-metrics.timer", "timer", "starts", "it does not run, or would not after a restart of the machine")]),
    ],
)  # fmt: skip
def test_what_restarts(changed, stale, expected):
    rows = restarts(UNITS, changed, stale)
    assert [(row["name"], row["kind"], row.get("action"), row["why"]) for row in rows] == expected
