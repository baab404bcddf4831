# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Cluster

INVENTORY = Path(__file__).resolve().parents[1] / "inventory" / "production"


@pytest.fixture(scope="session")
def cluster():
    """PostgreSQL 17: pg-main and pg-replica1 on db17, pg-replica2 on db17b."""
    return Cluster("db17", "198.18.0.22", INVENTORY)
