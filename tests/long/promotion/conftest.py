# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test of a change of primary begins and ends with pg-main as the primary of two synchronous standbys."""

from __future__ import annotations

import pytest
from support.helpers.roles_of_members import at_home


@pytest.fixture(autouse=True)
def home(admin_sql):
    at_home(admin_sql)
    yield
    at_home(admin_sql)
