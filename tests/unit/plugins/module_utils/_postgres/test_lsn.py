# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic with WAL positions."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._postgres.lsn import bytes_behind, lsn_bytes


def test_position_is_a_number_of_bytes():
    assert lsn_bytes("1/100") == 2**32 + 256


def test_what_is_ahead_is_not_behind():
    assert bytes_behind("1/100", "0/FFFFFF00") == 512
    assert bytes_behind("0/100", "0/200") == 0
