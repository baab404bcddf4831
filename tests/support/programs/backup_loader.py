# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What loads for a drill, from this checkout: its socket's descriptor, its user and its directory are told. Imported while still root."""

from __future__ import annotations

import os
import sys

from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.machine.privileges import become
from ansible_collections.plannerate.infra.plugins.module_utils._s3_backup.restore.sandbox import main

if __name__ == "__main__":
    descriptor, user, directory = sys.argv[1:]
    # Where systemd puts it.
    os.dup2(int(descriptor), 3)
    become(user)
    main([directory])
