# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers and the S3 server of tests/servers/backup, with either release of PostgreSQL."""

from __future__ import annotations

from servers.backup.conftest import make_site, object_store
from servers.conftest import base, make_servers, pytest_runtest_makereport

__all__ = ["base", "make_servers", "make_site", "object_store", "pytest_runtest_makereport"]


def pytest_generate_tests(metafunc):
    metafunc.parametrize("base", [15, 17], indirect=True, scope="session")
