# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of a member by looking at its configuration directory alone. Never writes."""

from __future__ import annotations

import os
from typing import TypedDict

from ansible_collections.plannerate.infra.plugins.module_utils._discovery.text_file import read_file
from ansible_collections.plannerate.infra.plugins.module_utils._postgres.text import (
    access_rules,
    setting,
    setting_names,
)

# The line by which a postgresql.conf that the role postgres wrote is known, whatever ansible_managed says.
MANAGED = "# Where the member's files are; everything else is in conf.d."
# What an adoption leaves beside: the files as they were, the rules that stay in force, and the settings that stay.
ORIGINALS = "adopted"
RULES = "pg_hba.conf.adopted"
SETTINGS = os.path.join("conf.d", "00-adopted.conf")
STANDBY = os.path.join("conf.d", "60-standby.conf")


class ConfigDirectory(TypedDict):
    """State of a configuration directory.

    ``managed``: whether the role wrote its main file, None without one. ``marker``: the system identifier that was noted
    there. ``adopted_at``: when it was adopted. ``adopted_rules``, the lines that stay in force, and ``adopted_settings``,
    names, are None where it was not. ``detached_from``: whom it followed until a failover detached it.
    """

    config_present: bool
    managed: bool | None
    marker: str | None
    adopted_at: float | None
    adopted_rules: list[str] | None
    adopted_settings: list[str] | None
    detached_from: str | None


def inspect_config_directory(path: str) -> ConfigDirectory:
    main, rules, settings, standby = (
        read_file(os.path.join(path, name)) for name in ("postgresql.conf", RULES, SETTINGS, STANDBY)
    )
    return {
        "config_present": main is not None,
        "managed": None if main is None else MANAGED in main.splitlines(),
        "marker": (read_file(os.path.join(path, "system_identifier")) or "").strip() or None,
        "adopted_at": _modified_at(os.path.join(path, ORIGINALS)),
        "adopted_rules": None if rules is None else access_rules(rules),
        "adopted_settings": None if settings is None else setting_names(settings),
        "detached_from": setting(standby or "", "plannerate.detached_from"),
    }


def _modified_at(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None
