# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What C(dpkg-query) says of packages. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def installed(lines: Iterable[str]) -> list[str]:
    """Names of the packages that are installed.

    :arg lines: a name and its status each, as C(${Package} ${db:Status-Status}) prints them.
    """
    return [line.split()[0] for line in lines if line.endswith(" installed")]
