# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the lab's machines share is in tests/fixtures."""

from __future__ import annotations

# Those that others import come first.
pytest_plugins = [
    "lab",
    "edge",
    "artefact",
    "backup_faults",
    "careless",
    "monitoring",
    "offline",
    "pooler",
    "pooler_failures",
]
