# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A published port that is not on the list stays closed, and no container restarts, whatever else is reloaded or restarted."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("event", ["true", "ufw reload", "systemctl restart docker"])
def test_a_published_port_stays_closed_after(stacks, careless, event):
    before = stacks.containers()
    stacks.machine.check_output(event)
    after = stacks.containers()
    assert after.keys() == before.keys()
    assert [entry[:2] for entry in after.values()] == [entry[:2] for entry in before.values()]
    careless.assert_closed()
