# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether there is room for what is about to be written: asked before it begins, with a margin that stays free."""

from __future__ import annotations

import os
import shutil

from ..errors import Refused
from .text import readable


def missing(path, needed, margin_percent):
    """Bytes that a file system lacks to take so many and keep its margin; 0 where they fit."""
    usage = shutil.disk_usage(_existing(path))
    return max(0, needed + usage.total * margin_percent // 100 - usage.free)


def require(path, needed, margin_percent, what):
    """:raises Refused: with what was found, what is needed, and what to do."""
    lacking = missing(path, needed, margin_percent)
    if lacking:
        free = shutil.disk_usage(_existing(path)).free
        raise Refused(
            f"{path} has {readable(free)} free; {what} needs {readable(needed)}, and {margin_percent} % of the file system stay "
            f"free. Nothing was begun: make room for {readable(lacking)} more, or name another place"
        )


def _existing(path):
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path
