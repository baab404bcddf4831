# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only what is really installed counts."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._machine.packages import installed


def test_only_the_status_installed_counts():
    lines = ["ufw installed", "ntp not-installed", "chrony config-files", "acl half-installed", "", "sudo installed"]
    assert installed(lines) == ["ufw", "sudo"]
