# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a data directory cannot be made where it is to be. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import PurePosixPath


def problem(path: str, mounted: Collection[str], listed: Collection[str], exists: Callable[[str], bool]) -> str | None:
    """What follows "DIRECTORY on MACHINE", or None.

    A data directory gets its name by being renamed, which nothing can be onto a mount point.

    :arg path: the data directory, absolute.
    :arg mounted: where file systems are mounted.
    :arg listed: where /etc/fstab mounts them.
    """
    above = [str(parent) for parent in PurePosixPath(path).parents][:-1]
    if path.rstrip("/") in {*mounted, *listed}:
        return (
            "is a mount point, expected a directory below one, since a mount point cannot be replaced. Set postgres_data_directory, "
            f"such as to {path.rstrip('/')}/data"
        )
    if not above:
        return f"is directly below /, expected a directory of its own around it. Set postgres_data_directory, such as to {path}/data"
    for parent in above:
        if parent in listed and parent not in mounted:
            return f"is below {parent}, which is in /etc/fstab, but nothing is mounted there. Mount it: mount {parent}"
    if not exists(above[-1]):
        return f"is below {above[-1]}, which does not exist. Mount what belongs there, or create it"
    return None


def mount_points(text: str, column: int) -> list[str]:
    """A column of /etc/fstab or of /proc/self/mountinfo."""
    lines = [line.split() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [_unescaped(fields[column]) for fields in lines if len(fields) > column and fields[column].startswith("/")]


def _unescaped(field: str) -> str:
    path = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
    return path.rstrip("/") or "/"
