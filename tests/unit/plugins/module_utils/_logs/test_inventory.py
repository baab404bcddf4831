# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs that would grow without a limit, or come from an image that is another one tomorrow, are refused."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._logs.inventory import problems

WANTED = {
    "image": "victoriametrics/victoria-logs:v1.52.1",
    "retention_days": 30,
    "max_disk_gib": 10,
    "first_upload_hours": 24,
    "servers": ["app01"],
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"image": "registry.example.com:5000/victoria-logs:v1"},
        {"image": f"victoria-logs@sha256:{'0' * 64}"},
        {"servers": [], "image": "", "max_disk_gib": 0},
    ],
)
def test_nothing_is_wrong(change):
    assert problems({**WANTED, **change}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": "victoriametrics/victoria-logs"}, "expected a name with a tag or a digest"),
        ({"image": "registry.example.com:5000/victoria-logs"}, "expected a name with a tag or a digest"),
        ({"image": ""}, "logs_image is ''"),
        # VictoriaLogs takes 0 for no limit.
        ({"max_disk_gib": 0}, "logs_max_disk_gib is 0, expected 1 or more"),
        ({"retention_days": 0}, "logs_retention_days is 0"),
        ({"first_upload_hours": -1}, "logs_first_upload_hours is -1"),
    ],
)
def test_each_problem_is_named(change, words):
    (text,) = problems({**WANTED, **change})
    assert words in text
