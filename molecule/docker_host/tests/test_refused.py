# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that was refused is as it was."""

from __future__ import annotations

from support.helpers.lab import over_ssh


def test_nothing_was_installed_or_opened():
    machine = over_ssh("198.18.0.24")
    assert not machine.exists("docker")
    assert not machine.file("/opt/stacks").exists
    assert "DOCKER-USER" not in machine.file("/etc/ufw/after.rules").content_string
    assert "80" not in machine.check_output("ufw status")
