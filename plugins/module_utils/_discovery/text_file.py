# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What root reads goes into files of the user postgres, who could plant a link to a file that is root's own."""

from __future__ import annotations

from ansible_collections.plannerate.infra.plugins.module_utils._files.directory import FileRefused, open_file


def read_file(path: str, reader: int | None = None) -> str | None:
    """A small text file's content; None when there is none, or none that may be read.

    :arg reader: the number of the user who named the path, and may read the file as well. Never root's.
    """
    try:
        descriptor = open_file(path, reader)
    except FileRefused:
        return None
    if descriptor is None:
        return None
    with open(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read()
