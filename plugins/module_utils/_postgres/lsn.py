# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WAL positions (log sequence numbers), as PostgreSQL prints them and as numbers of bytes. Pure."""

from __future__ import annotations


def lsn_bytes(lsn: str) -> int:
    """A position such as C(16/B374D848) as a number of bytes since the beginning of the WAL."""
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def bytes_behind(ahead: str, lsn: str) -> int:
    """How many bytes of WAL a position is behind another one; 0 where it is not behind."""
    return max(0, lsn_bytes(ahead) - lsn_bytes(lsn))
