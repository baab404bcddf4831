# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors and times of the new release beside those of the old one."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.engine import Request
from ansible_collections.plannerate.infra.plugins.module_utils._deploy.watch import Measured, measure, worse

BEFORE = Measured(100, 0.0, 0.2)


def test_only_the_answers_of_these_servers_count():
    requests = [Request("app-r1", 200, 0.1)] * 19 + [Request("app-r1", 503, 2.0)] + [Request("app", 500, 9.0)] * 50
    assert measure(requests, ["app-r1"]) == Measured(20, 0.05, 2.0)
    assert measure(requests, ["app-r2"]) == Measured(0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (BEFORE, Measured(100, 0.0, 0.2), ""),
        (BEFORE, Measured(100, 0.01, 0.2), ""),
        (BEFORE, Measured(100, 0.02, 0.2), "2.0% of 100 answers are errors of the server, expected at most 1.0%"),
        # What was bad before is no fault of the new one, unless it is worse.
        (Measured(100, 0.1, 0.2), Measured(100, 0.2, 0.2), ""),
        (Measured(100, 0.1, 0.2), Measured(100, 0.21, 0.2), "expected at most 20.0%"),
        (BEFORE, Measured(100, 0.0, 1.0), ""),
        (BEFORE, Measured(100, 0.0, 1.1), "95 % of 100 answers take up to 1.10 s, expected at most 1.00 s"),
        (Measured(100, 0.0, 0.5), Measured(100, 0.0, 1.4), ""),
        # Too few of the old one are no excuse; too few of the new one are no reason.
        (Measured(19, 1.0, 9.0), Measured(100, 0.02, 0.2), "expected at most 1.0%"),
        (BEFORE, Measured(19, 1.0, 9.0), ""),
    ],
)
def test_what_is_worse(before, after, why):
    found = worse(before, after, 20)
    assert why in found and bool(found) == bool(why)
