# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers and the S3 server of tests/servers/physical."""

from __future__ import annotations

from servers.conftest import base, make_servers, pytest_runtest_makereport
from servers.physical.conftest import certificate, make_physical, secure_store

__all__ = ["base", "certificate", "make_physical", "make_servers", "pytest_runtest_makereport", "secure_store"]
