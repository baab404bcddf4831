# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs of age."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.helpers.servers_base import own


class Key:
    """The private half is in a file."""

    def __init__(self, path: Path) -> None:
        subprocess.run(["age-keygen", "-o", str(path)], check=True, capture_output=True)
        own(path)
        self.path = str(path)
        said = subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True, text=True)
        self.public = said.stdout.strip()
