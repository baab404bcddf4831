# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ss and apt-get print is read as it stands on Debian and Ubuntu."""

from __future__ import annotations

import pytest

from ansible_collections.plannerate.infra.plugins.module_utils._validation.printed import (
    is_loopback,
    listening,
    security_updates,
)

SS = """LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=1,fd=3))
LISTEN 0      244    127.0.0.1%lo:5432      0.0.0.0:*
LISTEN 0      4096               *:9100            *:*    users:(("node",pid=2,fd=3),("node",pid=3,fd=3))
LISTEN 0      128             [::1]:631          [::]:*
"""
APT = """Inst openssl [3.0.1] (3.0.2 Debian-Security:12/stable-security [amd64])
Inst vim [1] (2 Debian:12.9/stable [amd64])
Inst libc6 [1] (2 Ubuntu:24.04/noble-updates, Ubuntu:24.04/noble-security [amd64]) [a b]
Conf openssl (3.0.2 Debian-Security:12/stable-security [amd64])
"""


def test_what_listens_has_address_port_and_program():
    assert [(one["address"], one["port"], one["program"]) for one in listening(SS)] == [
        ("0.0.0.0", 22, "sshd"),
        ("::1", 631, "?"),
        ("127.0.0.1", 5432, "?"),
        ("*", 9100, "node"),
    ]


@pytest.mark.parametrize(("address", "is_one"), [("127.0.0.53", True), ("::1", True), ("*", False), ("::", False)])
def test_loopback_is_known(address, is_one):
    assert is_loopback(address) is is_one


def test_only_what_comes_from_the_security_archive_counts():
    assert security_updates(APT) == ["libc6", "openssl"]
