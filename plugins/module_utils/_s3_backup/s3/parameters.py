# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that look at a bucket are told of it."""

from __future__ import annotations

import os

from .. import configuration
from .store import Store

PLACE = {
    "bucket": {"type": "str", "required": True},
    "prefix": {"type": "str", "required": True},
    "access_key": {"type": "str", "required": True, "no_log": False},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "endpoint": {"type": "str"},
    "region": {"type": "str", "default": "us-east-1"},
    "path_style": {"type": "bool", "default": False},
    "ca_certificate": {"type": "str"},
}
RETENTION = {
    "daily": {"type": "int", "default": 30},
    "weekly": {"type": "int"},
    "monthly": {"type": "int"},
    "verified": {"type": "int", "default": 3},
    "minimum_age_hours": {"type": "int", "default": 24},
    "orphan_grace_hours": {"type": "int", "default": 48},
}
_SETTINGS = ("endpoint", "region", "path_style", "ca_file", "outage_seconds", "clock_limit_seconds")


def opened(params, **changed):
    """The Store of a module's parameters; those that are missing are as everywhere."""
    given = {**params, **changed}
    settings = {name: given[name] for name in _SETTINGS if given.get(name) not in (None, "")}
    seal = given["seal_key"].encode() if given.get("seal_key") else None
    return Store(given["bucket"], {**configuration.store_defaults(), **settings}, given, seal)


def authority(directory, text):
    """Path of a file with certificates that are given as a text; None without."""
    if not text:
        return None
    path = os.path.join(directory, f"authority-{abs(hash(text))}.pem")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
