# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from support.helpers.deployments import DATABASE, FORGET, forget_all


@pytest.fixture(autouse=True)
def as_before(stacks, admin_sql):
    """Nothing was deployed, and nobody has migrated to 1.1.0."""
    admin_sql(FORGET, database=DATABASE)
    forget_all(stacks)
    yield
    admin_sql(FORGET, database=DATABASE)
    forget_all(stacks)
