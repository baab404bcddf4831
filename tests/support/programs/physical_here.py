# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plannerate-physical from this checkout. Everything is imported while it is still root: the servers' user may not read Python's files."""

from __future__ import annotations

import importlib
import sys
import time

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.physical.command_line import main

for name in ("encodings.idna", "zoneinfo._tzpath", "zoneinfo._common"):
    importlib.import_module(name)
time.strptime("2026", "%Y")

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
