# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of C(python3 -m s3_backup.physical)."""

from __future__ import annotations

import sys

from .command_line import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
