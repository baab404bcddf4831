# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the lab's machines share is in tests/support/fixtures."""

from __future__ import annotations

pytest_plugins = [
    "support.fixtures.artefact",
    "support.fixtures.backup",
    "support.fixtures.edge",
    "support.fixtures.lab",
    "support.fixtures.monitoring",
    "support.fixtures.offline",
    "support.fixtures.pooler",
]
