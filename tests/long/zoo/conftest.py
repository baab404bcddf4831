# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers and the S3 server of tests/servers/backup, with either release of PostgreSQL."""

from __future__ import annotations

import pytest
from servers.backup.conftest import make_site, object_store
from servers.conftest import make_servers, pytest_runtest_makereport
from support.helpers.servers_base import Base

__all__ = ["make_servers", "make_site", "object_store", "pytest_runtest_makereport"]


@pytest.fixture(scope="session", params=[15, 17])
def base(request):
    base = Base(request.param)
    yield base
    base.close()
