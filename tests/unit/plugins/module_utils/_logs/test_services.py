# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit of the logs restarts for its own files, reloads for others and for a new certificate, and is else left alone."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._logs.services import services

UNITS = [
    {"name": "upload.service", "kind": "logs", "restart": ["/u.conf"]},
    {"name": "proxy.service", "kind": "logs", "restart": ["/p.service"], "reload": ["/p.cfg"]},
]
RUNNING = ["started upload.service", "started proxy.service", "haproxy installed"]


@pytest.mark.parametrize(
    ("written", "probed", "expected"),
    [
        ([], RUNNING, []),
        (["/other"], RUNNING, []),
        (["/u.conf"], RUNNING, [("upload.service", "restarted", "/u.conf changed")]),
        (["/p.cfg"], RUNNING, [("proxy.service", "reloaded", None)]),
        (["/p.cfg", "/p.service"], RUNNING, [("proxy.service", "restarted", "/p.service changed")]),
        ([], [*RUNNING, "stale proxy.service"], [("proxy.service", "reloaded", None)]),
        ([], RUNNING[1:], [("upload.service", "started", "it does not run, or would not after a restart of the machine")]),
        # One that does not run cannot reload.
        (["/p.cfg"], RUNNING[:1], [("proxy.service", "started", "it does not run, or would not after a restart of the machine")]),
    ],
)  # fmt: skip
def test_what_each_unit_has_to_do(written, probed, expected):
    found = services(UNITS, written, probed)
    assert [(each["name"], each["state"], each["row"] and each["row"]["why"]) for each in found] == expected
