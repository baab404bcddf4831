# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as PostgreSQL and Debian's units take them. Pure."""

from __future__ import annotations

import re

# What PostgreSQL accepts as a replication slot's name.
SLOT_NAME = re.compile(r"[a-z0-9_]{1,63}")
# What Debian's units accept as a cluster's name: they read "-" as a directory.
CLUSTER_NAME = re.compile(r"[A-Za-z0-9_.]+")


def slot_name(member: str) -> str:
    """The slot, and Debian cluster, name of a member: '-' is allowed in neither."""
    return member.replace("-", "_")
