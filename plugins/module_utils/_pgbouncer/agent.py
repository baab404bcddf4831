# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent needs that tells HAProxy which members may serve reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# An answer that takes longer than a few seconds is as good as none.
_CONNECTION = "application_name=replica-agent connect_timeout=3 tcp_user_timeout=5000"


def connection_strings(members: Iterable[Mapping[str, Any]], user: str, ca_file: str) -> dict[str, str]:
    """How the agent connects to each member, by the member's name.

    :arg members: dicts with ``name``, ``machine``, ``address`` and ``port``.
    :arg ca_file: certificate of the authority of the members' certificates.
    """
    return {
        member["name"]: f"host={member['machine']} hostaddr={member['address']} port={member['port']} dbname=postgres "
        f"user={user} sslmode=verify-full sslrootcert={ca_file} {_CONNECTION}"
        for member in members
    }
