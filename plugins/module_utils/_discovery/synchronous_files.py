# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For how many standbys the commits of a server waited that cannot be asked any more, by its files. Never writes."""

from __future__ import annotations

import glob
import os

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.synchronous import SynchronousSetting
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import setting

# What the server takes where no file says anything.
_DEFAULTS = {"synchronous_standby_names": "", "synchronous_commit": "on"}


def synchronous_in_files(config_directory: str, data_directory: str) -> list[SynchronousSetting] | None:
    """The settings as the server would take them: the last file wins. None without a main file, of which nothing is known."""
    main = os.path.join(config_directory, "postgresql.conf")
    files = [main, *sorted(glob.glob(os.path.join(config_directory, "conf.d", "*.conf")))]
    texts = {path: read_file(path) for path in (*files, os.path.join(data_directory, "postgresql.auto.conf"))}
    if texts[main] is None:
        return None
    found: list[SynchronousSetting] = []
    for name, default in _DEFAULTS.items():
        values = [(setting(text or "", name), path) for path, text in texts.items()]
        value, source = next(
            ((value, path) for value, path in reversed(values) if value is not None), (default, "default")
        )
        found.append({"name": name, "value": value, "source": source})
    return found
